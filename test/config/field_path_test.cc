#include "source/config/field_path.h"

#include <gtest/gtest.h>

namespace weir::config {
namespace {

TEST(FieldPath, PutsTheWayIntoWords) {
  const FieldPath root;
  const FieldPath resources(&root, "static_resources");
  const FieldPath clusters(&resources, "clusters");
  const FieldPath third(&clusters, size_t{2});
  const FieldPath metadata(&third, "metadata");
  const FieldPath key = FieldPath::OfKey(&metadata, "envoy.lb");
  EXPECT_EQ(root.ToString(), "");
  EXPECT_EQ(third.ToString(), "static_resources.clusters[2]");
  EXPECT_EQ(key.ToString(), "static_resources.clusters[2].metadata[envoy.lb]");
}

}  // namespace
}  // namespace weir::config
