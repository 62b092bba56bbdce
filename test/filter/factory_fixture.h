// What an extension's factory is given, with real clusters and statistics behind it and a source
// of route tables that remembers what was asked for. Test thread, which plays the main thread.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/any.pb.h"
#include "google/protobuf/text_format.h"
#include "source/filter/factory_context.h"
#include "source/filter/registry.h"
#include "test/support/manual_clock.h"

namespace weir::test {

class RememberingRouteSource final : public filter::RouteSource {
 public:
  std::shared_ptr<filter::RouteTableHandle> Subscribe(const envoy::config::core::v3::ConfigSource&,
                                                      std::string_view name,
                                                      config::Faults& faults) override {
    asked.emplace_back(name);
    if (!has_control_plane) faults.Add("ads", "there is no control plane");
    if (!has_control_plane) return nullptr;
    auto handle = std::make_shared<filter::RouteTableHandle>(nullptr);
    handle->name = std::string(name);
    return handle;
  }
  std::vector<std::string> asked;
  bool has_control_plane = true;
};

class FactoryFixture : public testing::Test {
 protected:
  template <class Proto>
  static google::protobuf::Any Pack(const std::string& text) {
    Proto proto;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &proto)) << text;
    google::protobuf::Any any;
    any.PackFrom(proto);
    return any;
  }
  // "path: text" for each fault, in order.
  std::vector<std::string> Lines() const {
    std::vector<std::string> out;
    for (const config::Fault& fault : faults_.faults()) {
      out.push_back(fault.path + ": " + fault.text);
    }
    return out;
  }

  ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  stats::Store stats_;
  std::unique_ptr<clusters::ClusterManager> clusters_ =
      clusters::ClusterManager::Create({loop_, stats_});
  RememberingRouteSource routes_;
  filter::NodeInfo node_;
  filter::ExtensionRegistry registry_;
  filter::FactoryContext context_{registry_, loop_, stats_, *clusters_, routes_, node_, "listener"};
  config::Faults faults_;
};

}  // namespace weir::test
