#include "source/config/faults.h"

#include <gtest/gtest.h>

#include "source/config/text_document.h"

namespace weir::config {
namespace {

TEST(Faults, BuildPathsFromScopes) {
  Faults faults;
  {
    Faults::Scope outer(faults, "static_resources");
    Faults::Scope inner(faults, "clusters", 3);
    faults.Add("name", "must not be empty");
    faults.Add("", "is odd");
    faults.Add("[1]", "is odder");
  }
  faults.Add("admin", "is missing");
  ASSERT_EQ(faults.faults().size(), 4u);
  EXPECT_EQ(faults.faults()[0].path, "static_resources.clusters[3].name");
  EXPECT_EQ(faults.faults()[1].path, "static_resources.clusters[3]");
  EXPECT_EQ(faults.faults()[2].path, "static_resources.clusters[3][1]");
  EXPECT_EQ(faults.faults()[3].path, "admin");
}

TEST(Faults, ToStringHasALineForEach) {
  Faults faults("a.yaml");
  faults.source_map().Record("a", {12, 5});
  faults.Add("a.b[2].c", "is bad");
  faults.Add("z", "is worse");
  faults.AddAt({3, 1}, "", "is worst");
  EXPECT_EQ(faults.ToString(),
            "a.yaml:12:5: a.b[2].c: is bad\na.yaml: z: is worse\na.yaml:3:1: is worst");
  EXPECT_EQ(faults.ToStatus().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Faults, WithoutAFileThereIsNoPrefix) {
  Faults faults;
  faults.Add("a", "is bad");
  EXPECT_EQ(faults.ToString(), "a: is bad");
}

TEST(Faults, IgnoredFieldsAreNoFaults) {
  Faults faults;
  faults.AddIgnored("a", "known to Envoy, not implemented by Weir: ignored");
  EXPECT_TRUE(faults.ok());
  EXPECT_TRUE(faults.ToStatus().ok());
  ASSERT_EQ(faults.ignored().size(), 1u);
  EXPECT_EQ(faults.ignored()[0].path, "a");
}

TEST(Faults, KeepsAThousandAndCountsTheRest) {
  Faults faults;
  for (size_t i = 0; i < Faults::kMaxKept + 7; ++i) faults.Add("a", "is bad");
  EXPECT_EQ(faults.faults().size(), Faults::kMaxKept);
  const std::string text = faults.ToString();
  EXPECT_EQ(text.substr(text.rfind('\n')), "\nand 7 more");
}

TEST(Faults, KnowsWhatIsInsideAField) {
  Faults faults;
  Faults::Scope scope(faults, "outer");
  faults.Add("list[2].name", "is bad");
  EXPECT_TRUE(faults.HasFaultIn("list"));
  EXPECT_TRUE(faults.HasFaultIn("list[2]"));
  EXPECT_TRUE(faults.HasFaultIn("list[2].name"));
  EXPECT_TRUE(faults.HasFaultIn(""));
  EXPECT_FALSE(faults.HasFaultIn("li"));
  EXPECT_FALSE(faults.HasFaultIn("list[2].na"));
}

TEST(SourceMap, FindsTheNearestEnclosingField) {
  SourceMap map;
  map.Record("a", {1, 2});
  map.Record("a.b[2]", {5, 6});
  EXPECT_EQ(map.Find("a.b[2].c.d").line, 5);
  EXPECT_EQ(map.Find("a.b[3].c").line, 1);
  EXPECT_EQ(map.Find("x").line, 0);
}

TEST(SourceMap, TakesTheTextThatHoldsMoreOfThePath) {
  Faults faults("base.yaml");
  SourceMap& map = faults.source_map();
  const int base = map.AddDocument();
  map.Attach(base, TextDocument::Parse("a:\n  b: 1\nc: 2\n", faults, base));
  const int overlay = map.AddDocument("--config-yaml");
  map.Attach(overlay, TextDocument::Parse("c: 3\n", faults, overlay));
  faults.Add("a.b", "is bad");
  faults.Add("c", "is bad");
  EXPECT_EQ(faults.ToString(), "base.yaml:2:3: a.b: is bad\n--config-yaml:1:1: c: is bad");
}

}  // namespace
}  // namespace weir::config
