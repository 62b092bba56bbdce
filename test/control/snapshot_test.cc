#include "source/control/snapshot.h"

#include <gtest/gtest.h>

#include "test/control/resource_text.h"

namespace weir::control {
namespace {

TEST(SnapshotTest, VersionsFollowTheContentOfTheirType) {
  const auto one = MakeSnapshot(FileText({EdsCluster("a"), EdsCluster("b")}, {Endpoint("a", 1)}));
  const auto same = MakeSnapshot(FileText({EdsCluster("b"), EdsCluster("a")}, {Endpoint("a", 2)}));
  EXPECT_EQ(one->Of(ServedType::kCluster).version, same->Of(ServedType::kCluster).version);
  EXPECT_NE(one->Of(ServedType::kEndpoints).version, same->Of(ServedType::kEndpoints).version);
  const auto other = MakeSnapshot(FileText({EdsCluster("a"), EdsCluster("b", "2s")}));
  EXPECT_NE(one->Of(ServedType::kCluster).version, other->Of(ServedType::kCluster).version);
  EXPECT_EQ(one->Of(ServedType::kCluster).version.size(), 16u);
}

TEST(SnapshotTest, VersionsTellNamesFromBodies) {
  ResourceSet one, two;
  auto body = [](const char* bytes) {
    auto any = std::make_shared<google::protobuf::Any>();
    any->set_value(bytes);
    return any;
  };
  one.bodies["ab"] = body("c");
  two.bodies["a"] = body("bc");
  EXPECT_NE(VersionOf(one), VersionOf(two));
}

TEST(SnapshotTest, DescribesChanges) {
  const auto one = MakeSnapshot(FileText({EdsCluster("a"), EdsCluster("b")}, {Endpoint("a", 1)}));
  EXPECT_EQ(DescribeChange(nullptr, *one), "clusters: 2 added; endpoints: 1 added");
  EXPECT_EQ(DescribeChange(one.get(), *one), "");
  const auto two =
      MakeSnapshot(FileText({EdsCluster("b", "2s"), EdsCluster("c")}, {Endpoint("a", 1)}));
  EXPECT_EQ(DescribeChange(one.get(), *two), "clusters: 1 added, 1 changed, 1 removed");
}

}  // namespace
}  // namespace weir::control
