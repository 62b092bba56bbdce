// The active checks of a cluster, made by the main loop over real loopback sockets. Time is turned
// by hand; a turn never waits.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "source/base/thread.h"
#include "source/health/active_checks.h"
#include "test/balancing/host_fixture.h"
#include "test/support/fake_client_transports.h"
#include "test/support/manual_clock.h"
#include "test/upstream/backend.h"
#include "test/upstream/http2_backend.h"

namespace weir::health {

class ChecksFixture : public testing::Test, protected ActiveChecks::Listener {
 protected:
  ChecksFixture() {
    loop_.RunReady();
    config_.timeout_ms = 500;
    config_.interval_ms = config_.unhealthy_interval_ms = config_.unhealthy_edge_interval_ms =
        config_.healthy_edge_interval_ms = 1000;
    config_.no_traffic_interval_ms = config_.no_traffic_healthy_interval_ms = 1000;
    config_.unhealthy_threshold = 2;
    config_.healthy_threshold = 2;
  }
  ~ChecksFixture() override {
    checks_.reset();
    Turn(5);
    threads_.reset();
    Turn(2);
  }

  void UseHttp(const std::string& path = "/healthz") {
    config_.kind = CheckKind::kHttp;
    config_.path = path;
    config_.expected_statuses = {{200, 201}};
  }
  void UseGrpc() {
    UseHttp("/grpc.health.v1.Health/Check");
    config_.kind = CheckKind::kGrpc;
    config_.method = http::Method::kPost;
    config_.method_name = "POST";
    config_.uses_http2 = true;
  }
  // `config_` is what it is now.
  void Begin(const std::vector<balancing::HostPtr>& hosts) {
    auto cluster = std::make_unique<CheckedCluster>();
    cluster->name = "web";
    cluster->config = std::make_shared<const HealthCheckConfig>(config_);
    cluster->transport = transport_;
    cluster->stats = stats_;
    cluster->http2_stats = store_.AddGroup<http2::Stats>("cluster.web.http2");
    cluster->events = events_;
    if (threads_ == nullptr) {
      threads_ = std::make_unique<CheckThreads>(loop_, std::vector<event::Loop*>());
    }
    checks_ = std::make_unique<ActiveChecks>(*threads_, std::move(cluster),
                                             static_cast<ActiveChecks::Listener&>(*this));
    checks_->SetHosts(hosts);
  }
  // As one that has just joined a cluster whose hosts are checked.
  static balancing::HostPtr NewHost(const net::Address& address,
                                    std::shared_ptr<const balancing::HostCheck> own = nullptr) {
    auto details = std::make_shared<balancing::HostDetails>();
    details->locality = std::make_shared<balancing::Locality>();
    details->check = std::move(own);
    auto host = std::make_shared<balancing::Host>(address, std::move(details));
    host->SetHealthFlag(balancing::HealthFlag::kPendingActiveCheck, true);
    host->SetHealthFlag(balancing::HealthFlag::kFailedActiveCheck, true);
    return host;
  }
  static bool Has(const balancing::HostPtr& host, balancing::HealthFlag flag) {
    return host->has(flag);
  }
  static std::string LastOf(const balancing::HostPtr& host) {
    return balancing::ProbeReport::Unpack(host->activity().last_probe.load()).ToText();
  }

  void Turn(int count = 1) {
    for (int i = 0; i < count; ++i) loop_.RunReady();
  }
  // Loopback delivers at once, so a bounded number of turns is enough for whatever is to come.
  bool TurnUntil(const std::function<bool()>& is_done, int most = 5000) {
    for (int i = 0; i < most; ++i) {
      if (is_done()) return true;
      loop_.RunReady();
    }
    return false;
  }
  void Advance(int64_t ms) {
    clock_.AdvanceMs(ms);
    Turn(4);
  }
  uint64_t results() { return stats().success.value() + stats().failure.value(); }
  // Until the check that runs, or is due, has its result: `respond` plays the backend meanwhile.
  void Finish(const std::function<void()>& respond) {
    const uint64_t seen = seen_results_;
    EXPECT_TRUE(TurnUntil([&] {
      respond();
      return results() > seen;
    }));
    Turn(3);
    seen_results_ = results();
  }
  void Next(const std::function<void()>& respond) {
    seen_results_ = results();
    Advance(1000);
    Finish(respond);
  }
  void Answer(std::string_view response) { backend_.Answer(response); }
  std::function<void()> Answering(const std::string& status, const std::string& more = {}) {
    return [this, text = "HTTP/1.1 " + status + "\r\n" + more + "content-length: 0\r\n\r\n"] {
      backend_.Answer(text);
    };
  }
  CheckStats& stats() { return stats_->Here(); }

  // ActiveChecks::Listener
  void OnEjectedPassed(balancing::Host&) override { ++ejected_passed_; }
  void OnChecked(bool has_changed) override {
    ++told_;
    changes_ += int{has_changed};
  }

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  stats::Store store_;
  std::shared_ptr<stats::Group<CheckStats>> stats_ =
      store_.AddGroup<CheckStats>("cluster.web.health_check");
  std::shared_ptr<test::FakeClientTransports> transport_;
  std::shared_ptr<CheckEventLog> events_;
  HealthCheckConfig config_;
  upstream::Backend backend_;
  std::unique_ptr<CheckThreads> threads_;
  std::unique_ptr<ActiveChecks> checks_;
  uint64_t seen_results_ = 0;
  int told_ = 0, changes_ = 0;
  int ejected_passed_ = 0;
};

}  // namespace weir::health
