#include "source/config/message_plan.h"

#include <gtest/gtest.h>

#include <thread>

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"

namespace weir::config {
namespace {

const FieldPlan* Find(const MessagePlan& plan, std::string_view name) {
  for (const FieldPlan& field : plan.fields) {
    if (field.field->name() == name) return &field;
  }
  return nullptr;
}

TEST(MessagePlan, HoldsOnlyWhatCanBeWrong) {
  const MessagePlan& plan = PlanOf(*envoy::config::core::v3::SocketAddress::descriptor());
  EXPECT_NE(Find(plan, "protocol"), nullptr);
  EXPECT_NE(Find(plan, "port_value"), nullptr);
  EXPECT_EQ(Find(plan, "ipv4_compat"), nullptr);
  ASSERT_EQ(plan.required_oneofs.size(), 1u);
  EXPECT_EQ(plan.required_oneofs[0]->name(), "port_specifier");
  EXPECT_EQ(Find(plan, "port_value")->range.max, 65535);
}

TEST(MessagePlan, KnowsKindsAndContents) {
  const MessagePlan& plan = PlanOf(*envoy::config::cluster::v3::Cluster::descriptor());
  EXPECT_EQ(Find(plan, "connect_timeout")->kind, FieldPlan::Kind::kDuration);
  const FieldPlan* assignment = Find(plan, "load_assignment");
  EXPECT_EQ(assignment->kind, FieldPlan::Kind::kMessage);
  EXPECT_EQ(assignment->content,
            &PlanOf(*envoy::config::endpoint::v3::ClusterLoadAssignment::descriptor()));
  const MessagePlan& endpoint = PlanOf(*envoy::config::endpoint::v3::LbEndpoint::descriptor());
  EXPECT_EQ(Find(endpoint, "load_balancing_weight")->kind, FieldPlan::Kind::kWrapper);
  const FieldPlan* weight = Find(endpoint, "load_balancing_weight");
  EXPECT_EQ(weight->range.min, 1);
  EXPECT_EQ(weight->scalar->full_name(), "google.protobuf.UInt32Value.value");
  EXPECT_EQ(weight->scalar_type, google::protobuf::FieldDescriptor::CPPTYPE_UINT32);
  EXPECT_TRUE(weight->has_presence);
  EXPECT_FALSE(weight->is_repeated);
}

TEST(MessagePlan, TypesMayHoldThemselves) {
  const auto& type = *envoy::config::accesslog::v3::AccessLogFilter::descriptor();
  const FieldPlan* and_filter = Find(PlanOf(type), "and_filter");
  const FieldPlan* filters = Find(*and_filter->content, "filters");
  EXPECT_EQ(filters->content, &PlanOf(type));
  EXPECT_TRUE(filters->field->is_repeated());
}

TEST(MessagePlan, IsMadeOnceForAllThreads) {
  std::vector<const MessagePlan*> plans(8);
  std::vector<std::thread> threads;
  for (auto& plan : plans) {
    threads.emplace_back(
        [&plan] { plan = &PlanOf(*envoy::config::bootstrap::v3::Bootstrap::descriptor()); });
  }
  for (auto& thread : threads) thread.join();
  for (const auto* plan : plans) EXPECT_EQ(plan, plans[0]);
}

}  // namespace
}  // namespace weir::config
