#include "source/clusters/host_metadata_parser.h"

#include <gtest/gtest.h>

#include "test/clusters/proto_fixture.h"

namespace weir::clusters {
namespace {

std::shared_ptr<const balancing::HostMetadata> Parse(std::string_view yaml) {
  return ParseHostMetadata(FromYaml<envoy::config::core::v3::Metadata>(yaml));
}

TEST(ParseHostMetadata, KeepsWhatIsForBalancing) {
  const auto metadata = Parse(R"(
filter_metadata:
  envoy.lb: {version: "1", stage: prod, canary: true}
  other: {version: "2"}
)");
  ASSERT_NE(metadata, nullptr);
  EXPECT_EQ(metadata->entries.size(), 3U);
  ASSERT_NE(metadata->Find("version"), nullptr);
  EXPECT_EQ(metadata->Find("version")->text, "1");
  EXPECT_EQ(metadata->Find("canary")->text, "");
  EXPECT_EQ(metadata->Find("nothing"), nullptr);
}

TEST(ParseHostMetadata, EqualValuesAreEqualWhateverTheOrder) {
  const auto a = Parse("filter_metadata: {envoy.lb: {a: {x: 1, y: [2, z]}, b: 3}}");
  const auto b = Parse("filter_metadata: {envoy.lb: {b: 3, a: {y: [2, z], x: 1}}}");
  EXPECT_EQ(*a, *b);
  const auto other = Parse("filter_metadata: {envoy.lb: {b: 4, a: {y: [2, z], x: 1}}}");
  EXPECT_FALSE(*a == *other);
}

TEST(ParseHostMetadata, TellsTheElementsOfAList) {
  const auto metadata = Parse("filter_metadata: {envoy.lb: {version: [v1, v2], stage: v2}}");
  const auto& elements = metadata->Find("version")->elements;
  ASSERT_EQ(elements.size(), 2U);
  EXPECT_EQ(elements[1], metadata->Find("stage")->value);
}

TEST(ParseHostMetadata, NothingForBalancingIsNothing) {
  EXPECT_EQ(Parse("filter_metadata: {other: {version: 1}}"), nullptr);
}

}  // namespace
}  // namespace weir::clusters
