#include "source/admin/config_dump.h"

#include <gtest/gtest.h>

namespace weir::admin {
namespace {

google::protobuf::Any Body(const std::string& value) {
  google::protobuf::Any any;
  any.set_type_url("type.googleapis.com/weir.Test");
  any.set_value(value);
  return any;
}

TEST(ConfigDumpTest, ARefusalKeepsWhatServes) {
  ConfigDump dump;
  dump.Set(ResourceKind::kCluster, "web", "1", false, Body("good"), config::Faults());
  dump.Refuse(ResourceKind::kCluster, "web", "2", Body("bad"), "lb_policy: unknown");
  const auto records = dump.Snapshot();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0]->version, "1");
  EXPECT_EQ(records[0]->body->value(), "good");
  EXPECT_EQ(records[0]->refused_version, "2");
  EXPECT_EQ(records[0]->refused_body->value(), "bad");
  EXPECT_EQ(records[0]->refusal, "lb_policy: unknown");
}

TEST(ConfigDumpTest, AnAcceptedVersionEndsTheRefusal) {
  ConfigDump dump;
  dump.Refuse(ResourceKind::kRoute, "r", "1", Body("bad"), "why");
  ASSERT_EQ(dump.Snapshot().size(), 1u);
  EXPECT_EQ(dump.Snapshot()[0]->body, nullptr);
  dump.Set(ResourceKind::kRoute, "r", "2", false, Body("good"), config::Faults());
  EXPECT_EQ(dump.Snapshot()[0]->refusal, "");
}

TEST(ConfigDumpTest, KeepsKindsApartAndForgets) {
  ConfigDump dump;
  dump.Set(ResourceKind::kCluster, "a", "", true, Body("c"), config::Faults());
  dump.Set(ResourceKind::kListener, "a", "", true, Body("l"), config::Faults());
  EXPECT_EQ(dump.Snapshot().size(), 2u);
  dump.Remove(ResourceKind::kCluster, "a");
  ASSERT_EQ(dump.Snapshot().size(), 1u);
  EXPECT_EQ(dump.Snapshot()[0]->kind, ResourceKind::kListener);
}

}  // namespace
}  // namespace weir::admin
