#include "source/routing/metadata_match_parser.h"

#include <gtest/gtest.h>

#include "envoy/config/core/v3/base.pb.h"
#include "source/config/load.h"

namespace weir::routing {
namespace {

using Criteria = std::shared_ptr<const balancing::SubsetCriteria>;

Criteria Parse(std::string_view yaml, const Criteria& other = nullptr) {
  envoy::config::core::v3::Metadata proto;
  config::Faults faults;
  EXPECT_TRUE(config::LoadText(yaml, proto, faults)) << faults.ToString();
  return ParseMetadataMatch(proto, other);
}

TEST(ParseMetadataMatch, ValuesByKey) {
  const Criteria criteria = Parse("filter_metadata: {envoy.lb: {version: 2, stage: prod}}");
  ASSERT_EQ(criteria->values.size(), 2U);
  EXPECT_EQ(criteria->values[0].first, "stage");
  EXPECT_EQ(criteria->values[1].first, "version");
  EXPECT_EQ(*criteria, *Parse("filter_metadata: {envoy.lb: {stage: prod, version: 2.0}}"));
  EXPECT_EQ(Parse("filter_metadata: {other: {a: b}}"), nullptr);
}

TEST(ParseMetadataMatch, OverThatOfTheAction) {
  const Criteria action = Parse("filter_metadata: {envoy.lb: {stage: prod, version: 1}}");
  EXPECT_EQ(*Parse("filter_metadata: {envoy.lb: {version: 2}}", action),
            *Parse("filter_metadata: {envoy.lb: {stage: prod, version: 2}}"));
  EXPECT_EQ(Parse("{}", action), action);
}

TEST(ParseMetadataMatch, Alternatives) {
  const Criteria criteria = Parse(
      "filter_metadata: {envoy.lb: {stage: prod, fallback_list: [{version: 1}, {version: 2}]}}");
  EXPECT_EQ(criteria->values.size(), 1U);
  ASSERT_EQ(criteria->alternatives.size(), 2U);
  EXPECT_EQ(criteria->alternatives[1].values[0].first, "version");
}

}  // namespace
}  // namespace weir::routing
