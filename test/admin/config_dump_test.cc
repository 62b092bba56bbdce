#include "source/admin/config_dump.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <utility>

#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"

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
  EXPECT_EQ(records[0]->version(), "1");
  EXPECT_EQ(records[0]->body().value(), "good");
  EXPECT_EQ(records[0]->status(), ResourceStatus::kNacked);
  EXPECT_EQ(records[0]->failure().version, "2");
  EXPECT_EQ(records[0]->failure().body->value(), "bad");
  EXPECT_EQ(records[0]->failure().details, "lb_policy: unknown");
}

TEST(ConfigDumpTest, AnAcceptedVersionEndsTheRefusal) {
  ConfigDump dump;
  dump.Refuse(ResourceKind::kRoute, "r", "1", Body("bad"), "why");
  ASSERT_EQ(dump.Snapshot().size(), 1u);
  EXPECT_FALSE(dump.Snapshot()[0]->has_body());
  dump.Set(ResourceKind::kRoute, "r", "2", false, Body("good"), config::Faults());
  EXPECT_EQ(dump.Snapshot()[0]->failure().details, "");
  EXPECT_EQ(dump.Snapshot()[0]->status(), ResourceStatus::kAcked);
}

TEST(ConfigDumpTest, KeepsKindsApartAndForgets) {
  ConfigDump dump;
  dump.Set(ResourceKind::kCluster, "a", "", true, Body("c"), config::Faults());
  dump.Set(ResourceKind::kListener, "a", "", true, Body("l"), config::Faults());
  EXPECT_EQ(dump.Snapshot().size(), 2u);
  dump.Remove(ResourceKind::kCluster, "a");
  ASSERT_EQ(dump.Snapshot().size(), 1u);
  EXPECT_EQ(dump.Snapshot()[0]->kind(), ResourceKind::kListener);
}

TEST(ConfigDumpTest, WhatIsAskedForWaitsForItsAnswer) {
  ConfigDump dump;
  const auto status = [&] { return dump.Snapshot().at(0)->status(); };
  dump.Request(ResourceKind::kEndpoint, "a");
  EXPECT_EQ(status(), ResourceStatus::kRequested);
  EXPECT_FALSE(dump.Snapshot()[0]->has_body());
  dump.SetAbsent(ResourceKind::kEndpoint, "a", ResourceStatus::kTimeout);
  EXPECT_EQ(status(), ResourceStatus::kTimeout);
  EXPECT_GT(dump.Snapshot()[0]->failure().at_us, 0);
  dump.Request(ResourceKind::kEndpoint, "a");
  EXPECT_EQ(status(), ResourceStatus::kRequested);
  EXPECT_EQ(dump.Snapshot()[0]->failure().at_us, 0);
  dump.Set(ResourceKind::kEndpoint, "a", "1", false, Body("here"), config::Faults());
  EXPECT_EQ(status(), ResourceStatus::kAcked);
  // It serves: to ask for it again says nothing new.
  dump.Request(ResourceKind::kEndpoint, "a");
  EXPECT_EQ(status(), ResourceStatus::kAcked);
  dump.Refuse(ResourceKind::kEndpoint, "a", "2", Body("bad"), "why");
  dump.Request(ResourceKind::kEndpoint, "a");
  EXPECT_EQ(status(), ResourceStatus::kNacked);
}

TEST(ConfigDumpTest, WhatIsGoneKeepsWhatServes) {
  ConfigDump dump;
  dump.Set(ResourceKind::kRoute, "r", "1", false, Body("good"), config::Faults());
  dump.SetAbsent(ResourceKind::kRoute, "r", ResourceStatus::kReceivedError, "not allowed");
  const auto record = dump.Snapshot().at(0);
  EXPECT_EQ(record->status(), ResourceStatus::kReceivedError);
  EXPECT_EQ(record->failure().details, "not allowed");
  EXPECT_EQ(record->version(), "1");
  EXPECT_EQ(record->body().value(), "good");
}

TEST(ConfigDumpTest, KeysOfSecretsAreNotKept) {
  envoy::extensions::transport_sockets::tls::v3::Secret secret;
  secret.mutable_tls_certificate()->mutable_private_key()->set_inline_string("KEY");
  google::protobuf::Any any;
  any.PackFrom(secret);
  ConfigDump dump;
  dump.Set(ResourceKind::kSecret, "s", "1", false, any, config::Faults());
  dump.Refuse(ResourceKind::kSecret, "s", "2", any, "why");
  const auto record = dump.Snapshot().at(0);
  EXPECT_EQ(record->body().value().find("KEY"), std::string::npos);
  EXPECT_EQ(record->failure().body->value().find("KEY"), std::string::npos);
}

TEST(ConfigDumpTest, ABigOneIsCopiedWhole) {
  ConfigDump dump;
  constexpr size_t kCount = 3 * ConfigDump::kSliceSize + 1;
  for (size_t i = 0; i < kCount; ++i) {
    dump.Set(i % 2 == 0 ? ResourceKind::kCluster : ResourceKind::kEndpoint, std::to_string(i), "",
             false, Body(""), config::Faults());
  }
  const auto records = dump.Snapshot();
  ASSERT_EQ(records.size(), kCount);
  for (size_t i = 1; i < kCount; ++i) {
    EXPECT_LT(std::make_pair(records[i - 1]->kind(), records[i - 1]->name()),
              std::make_pair(records[i]->kind(), records[i]->name()));
  }
}

TEST(ConfigDumpTest, CopiesWhileOthersComeAndGo) {
  ConfigDump dump;
  const auto set = [&](size_t i) {
    dump.Set(ResourceKind::kCluster, std::to_string(i), "", false, Body(""), config::Faults());
  };
  constexpr size_t kCount = 2000;
  for (size_t i = 0; i < kCount; i += 2) set(i);
  std::atomic<bool> ends{false};
  std::thread writer([&] {
    while (!ends) {
      for (size_t i = 1; i < kCount; i += 2) set(i);
      for (size_t i = 1; i < kCount; i += 2) {
        dump.Remove(ResourceKind::kCluster, std::to_string(i));
      }
    }
  });
  for (int round = 0; round < 20; ++round) {
    size_t steady = 0;
    for (const auto& record : dump.Snapshot())
      steady += std::stoul(std::string(record->name())) % 2 == 0;
    EXPECT_EQ(steady, kCount / 2);
  }
  ends = true;
  writer.join();
}

}  // namespace
}  // namespace weir::admin
