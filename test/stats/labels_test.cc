#include "source/stats/labels.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weir::stats {
namespace {

TEST(LabelsTest, KeepsEveryPiece) {
  std::string prefix = "cluster.web";
  const Labels labels(prefix, {{"envoy_cluster_name", "web"}, {"zone", ""}}, "cluster");
  prefix = "overwritten";
  EXPECT_EQ(labels.prefix(), "cluster.web");
  EXPECT_EQ(labels.tagless_prefix(), "cluster");
  ASSERT_EQ(labels.tag_count(), 2u);
  EXPECT_EQ(labels.tag(0).name, "envoy_cluster_name");
  EXPECT_EQ(labels.tag(0).value, "web");
  EXPECT_EQ(labels.tag(1).name, "zone");
  EXPECT_EQ(labels.tag(1).value, "");
}

TEST(LabelsTest, CopiesShareThePieces) {
  auto first = std::make_unique<Labels>("cluster.web", std::vector<Tag>{{"n", "web"}}, "");
  const Labels copy(*first);
  EXPECT_EQ(copy.prefix().data(), first->prefix().data());
  first.reset();
  EXPECT_EQ(copy.prefix(), "cluster.web");
  EXPECT_EQ(copy.tag(0).value, "web");
}

TEST(LabelsTest, DerivesTheTaglessPrefix) {
  auto tagless = [](std::string_view prefix, const std::vector<Tag>& tags) {
    return std::string(Labels(prefix, tags, "").tagless_prefix());
  };
  EXPECT_EQ(tagless("server", {}), "server");
  EXPECT_EQ(tagless("cluster.web", {{"n", "web"}}), "cluster");
  EXPECT_EQ(tagless("cluster.cluster", {{"n", "luster"}}), "cluster.cluster");
  EXPECT_EQ(tagless("cluster.a.b.circuit_breakers", {{"n", "a.b"}}), "cluster.circuit_breakers");
  EXPECT_EQ(tagless("web.cluster", {{"n", "web"}}), "cluster");
  EXPECT_EQ(tagless("vhost.v.vcluster.c", {{"a", "v"}, {"b", "c"}}), "vhost.vcluster");
  EXPECT_EQ(tagless("webs.web", {{"n", "web"}}), "webs");
  EXPECT_EQ(tagless("web", {{"n", "web"}}), "");
}

}  // namespace
}  // namespace weir::stats
