// What a health discovery server says, and backends on the loopback that answer checks or do not.
// Time is turned by hand.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "envoy/service/health/v3/hds.pb.h"
#include "source/base/strings.h"
#include "source/base/thread.h"
#include "source/config/load.h"
#include "source/event/loop.h"
#include "source/stats/stats.h"
#include "test/support/manual_clock.h"
#include "test/upstream/backend.h"

namespace weir::discovery {

class DelegationFixture : public testing::Test {
 protected:
  using ClusterHealthCheck = envoy::service::health::v3::ClusterHealthCheck;

  DelegationFixture() { loop_.RunReady(); }

  static std::string HttpCheck(const std::string& path = "/readyz", const std::string& more = "") {
    return base::StrCat("{timeout: 0.5s, interval: 1s, unhealthy_threshold: 1, ",
                        "healthy_threshold: 1, http_health_check: {path: ", path, "}", more, "}");
  }
  static std::string EndpointText(const upstream::Backend& backend, const std::string& more = "") {
    return base::StrCat("{address: {socket_address: {address: 127.0.0.1, port_value: ",
                        backend.address().port(), "}}", more, "}");
  }
  // A cluster whose endpoints are in zone "a"; `checks` and `endpoints` are joined by commas.
  static ClusterHealthCheck Cluster(const std::string& name, const std::string& checks,
                                    const std::string& endpoints) {
    ClusterHealthCheck proto;
    config::Faults faults;
    config::LoadText(base::StrCat("cluster_name: '", name, "'\nhealth_checks: [", checks,
                                  "]\nlocality_endpoints: [{locality: {zone: a}, endpoints: [",
                                  endpoints, "]}]\n"),
                     proto, faults);
    return proto;
  }

  // Loopback delivers at once, so a bounded number of turns is enough for whatever is to come.
  bool TurnUntil(const std::function<bool()>& is_done, int most = 5000) {
    for (int i = 0; i < most; ++i) {
      if (is_done()) return true;
      loop_.RunReady();
    }
    return false;
  }
  void Turn(int count = 5) {
    for (int i = 0; i < count; ++i) loop_.RunReady();
  }
  void Advance(int64_t ms) {
    clock_.AdvanceMs(ms);
    Turn();
  }

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  stats::Store store_;
  upstream::Backend backend_, other_;
};

}  // namespace weir::discovery
