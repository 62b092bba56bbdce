// A fleet of servers behind one cluster, in simulated time: requests arrive, the cluster's policy
// picks a host, the host's server answers when it can. Everything that decides is the real thing
// (cluster definition, policy, slow start, outlier detection); only servers and time are made up.
// One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <vector>

#include "source/balancing/balancer.h"
#include "source/base/thread.h"
#include "source/clusters/cluster_definition.h"
#include "source/health/outlier_detector.h"
#include "test/balancing/host_fixture.h"
#include "test/support/manual_clock.h"

namespace weir::simulation {

// Serves so many requests at a time, the others in the order of their arrival.
class Server {
 public:
  struct Behaviour {
    int lanes = 4;
    std::function<int64_t(int64_t now_ms)> service_ms = [](int64_t) { return int64_t{10}; };
    std::function<int(int64_t now_ms)> status = [](int64_t) { return 200; };
  };

  // The moment at which a request is answered that arrives now.
  int64_t Serve(int64_t now_ms);

  Behaviour behaviour;

 private:
  std::priority_queue<int64_t, std::vector<int64_t>, std::greater<>> free_ms_;  // of each lane
};

// What clients saw.
struct Experience {
  int64_t requests = 0;
  int64_t failures = 0;  // 5xx and timeouts
  std::vector<int64_t> by_host;

  double failure_share() const {
    return static_cast<double>(failures) / static_cast<double>(requests);
  }
  // The share of the host that has most.
  double greatest_share() const;
};

class Fleet final : private clusters::DefinitionListener {
 public:
  // Of the key's owner; what the route's hash policy makes of a request.
  using KeyOf = std::function<uint64_t(int64_t request)>;

  Fleet(int server_count, const balancing::BalancerConfig& balancer);
  ~Fleet();

  Server& server(int i) { return servers_[static_cast<size_t>(i)]; }
  void DetectOutliers(const health::OutlierConfig& config);
  // A server's host leaves the cluster, or joins it.
  void Remove(int i);
  void Join(int i);
  // Main has found out that its host is well, or is not.
  void SetHealthy(int i, bool is_healthy);

  // So much traffic for so long, of clients that wait for a second at most.
  Experience Run(int64_t duration_ms, int64_t requests_per_s, const KeyOf& key_of = nullptr);
  int64_t now_ms() const { return loop_.now_ms(); }
  int64_t change_count() const { return change_count_; }
  const balancing::HostPtr& host(int i) const;

 private:
  struct Answer {
    int64_t due_ms;
    int server;
    int64_t begin_ms;
    friend bool operator>(const Answer& a, const Answer& b) { return a.due_ms > b.due_ms; }
  };

  // clusters::DefinitionListener
  void OnWarm(clusters::ClusterDefinition&) override {}
  std::shared_ptr<const balancing::HostSet> HostsToInherit(clusters::ClusterDefinition&) override {
    return nullptr;
  }
  void OnHostsChanged(clusters::ClusterDefinition&, std::vector<balancing::HostPtr>) override {
    ++change_count_;
  }
  void OnRegroupNeeded(clusters::ClusterDefinition&) override { is_regroup_needed_ = true; }
  const balancing::OwnZone* own_zone() const override { return nullptr; }

  void Apply();
  void Pass(int64_t ms);
  void Arrive(std::optional<uint64_t> key, Experience& experience);
  void Answered(const Answer& answer, Experience& experience);
  int ServerOf(const balancing::Host& host) const;

  test::ManualClock clock_;
  event::Loop loop_{"main", base::kMainThread, clock_};
  stats::Store store_;
  base::Random random_{7};
  std::vector<Server> servers_;
  std::vector<bool> is_member_;
  std::vector<balancing::HostPtr> hosts_;  // as they were last, by server
  std::unique_ptr<upstream::Cluster> live_;
  std::unique_ptr<clusters::ClusterDefinition> definition_;
  std::priority_queue<Answer, std::vector<Answer>, std::greater<>> answers_;
  uint32_t running_ = 0;
  bool is_regroup_needed_ = false;
  int64_t change_count_ = 0;
};

}  // namespace weir::simulation
