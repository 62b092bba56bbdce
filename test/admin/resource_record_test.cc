#include "source/admin/resource_record.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::admin {
namespace {

google::protobuf::Any ClusterBody(const std::string& value) {
  google::protobuf::Any any;
  any.set_type_url(std::string(TypeUrlOf(ResourceKind::kCluster)));
  any.set_value(value);
  return any;
}

TEST(ResourceRecordTest, BeginsAsARequest) {
  const ResourceRecord record(ResourceKind::kRoute, "r");
  EXPECT_EQ(record.kind(), ResourceKind::kRoute);
  EXPECT_EQ(record.name(), "r");
  EXPECT_EQ(record.status(), ResourceStatus::kRequested);
  EXPECT_FALSE(record.has_body());
  EXPECT_TRUE(record.ignored().empty());
  EXPECT_EQ(record.failure().details, "");
}

TEST(ResourceRecordTest, KeepsWhatWasAccepted) {
  ResourceRecord record(ResourceKind::kCluster, "web");
  record.Accept(ClusterBody("bytes"), base::SharedText("v1"), true, 7, {{"a.b", "is ignored", {}}});
  EXPECT_EQ(record.name(), "web");
  ASSERT_TRUE(record.has_body());
  EXPECT_EQ(record.body().type_url(), TypeUrlOf(ResourceKind::kCluster));
  EXPECT_EQ(record.body().value(), "bytes");
  EXPECT_EQ(record.version(), "v1");
  EXPECT_TRUE(record.is_static());
  EXPECT_EQ(record.updated_us(), 7);
  ASSERT_EQ(record.ignored().size(), 1u);
  EXPECT_EQ(record.ignored()[0].path, "a.b");
  record.Accept(ClusterBody(""), base::SharedText("v2"), false, 8, {});
  EXPECT_TRUE(record.has_body()) << "an empty message is one";
  EXPECT_EQ(record.name(), "web");
  EXPECT_EQ(record.body().value(), "");
  EXPECT_TRUE(record.ignored().empty());
}

TEST(ResourceRecordTest, ACopyGoesItsOwnWay) {
  ResourceRecord record(ResourceKind::kCluster, "web");
  record.Accept(ClusterBody("bytes"), base::SharedText("v1"), false, 7, {{"a", "is ignored", {}}});
  ResourceRecord copy(record);
  copy.Fail(ResourceStatus::kNacked, {"v2", nullptr, "why", 9});
  EXPECT_EQ(copy.body().value(), "bytes");
  EXPECT_EQ(copy.version(), "v1");
  EXPECT_EQ(copy.ignored().size(), 1u);
  EXPECT_EQ(copy.failure().version, "v2");
  EXPECT_EQ(record.status(), ResourceStatus::kAcked);
  EXPECT_EQ(record.failure().details, "");
}

}  // namespace
}  // namespace weir::admin
