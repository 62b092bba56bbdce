#include "test/simulation/fleet.h"

#include <algorithm>
#include <utility>

namespace weir::simulation {
namespace {

constexpr int64_t kPatienceMs = 1'000;  // of clients

}  // namespace

int64_t Server::Serve(int64_t now_ms) {
  int64_t begin_ms = now_ms;
  if (free_ms_.size() >= static_cast<size_t>(behaviour.lanes)) {
    begin_ms = std::max(now_ms, free_ms_.top());
    free_ms_.pop();
  }
  const int64_t end_ms = begin_ms + behaviour.service_ms(begin_ms);
  free_ms_.push(end_ms);
  return end_ms;
}

double Experience::greatest_share() const {
  return static_cast<double>(*std::max_element(by_host.begin(), by_host.end())) /
         static_cast<double>(requests);
}

Fleet::Fleet(int server_count, const balancing::BalancerConfig& balancer)
    : servers_(server_count), is_member_(server_count, true), hosts_(server_count) {
  auto config = std::make_shared<upstream::ClusterConfig>();
  config->name = "fleet";
  config->type = upstream::DiscoveryType::kEds;
  upstream::ClusterOptions options;
  options.balancer = balancer;
  config->options = upstream::ClusterOptions::Share(options);
  const auto stats = store_.AddGroup<upstream::ClusterStats>("cluster.fleet");
  auto cluster = std::make_unique<upstream::Cluster>(
      &loop_, config,
      std::make_shared<upstream::CircuitBreakers>(stats, config->options->breakers, nullptr),
      upstream::Cluster::Origin());
  definition_ = std::make_unique<clusters::ClusterDefinition>(
      1, balancing::Assignment(), std::move(cluster),
      store_.AddGroup<upstream::MembershipStats>("cluster.fleet"), loop_,
      static_cast<clusters::DefinitionListener&>(*this));
  definition_->Start();
  Apply();
  live_ = definition_->GoLive();
}

Fleet::~Fleet() { definition_.reset(); }

void Fleet::DetectOutliers(const health::OutlierConfig& config) {
  auto stats = store_.AddGroup<health::OutlierStats>("cluster.fleet.outlier_detection");
  definition_->DetectOutliers(std::make_unique<health::OutlierDetector>(
      health::OutlierDetector::Context{loop_, random_, "fleet", std::move(stats), nullptr}, config,
      [this] { definition_->OnHealthChanged(); }));
}

void Fleet::Remove(int i) {
  is_member_[i] = false;
  Apply();
}

void Fleet::Join(int i) {
  is_member_[i] = true;
  Apply();
}

void Fleet::SetHealthy(int i, bool is_healthy) {
  if (!host(i)->SetHealthFlag(balancing::HealthFlag::kFailedActiveCheck, !is_healthy)) return;
  definition_->OnHealthChanged();
}

const balancing::HostPtr& Fleet::host(int i) const { return hosts_[static_cast<size_t>(i)]; }

void Fleet::Apply() {
  balancing::Assignment assignment;
  for (size_t i = 0; i < servers_.size(); ++i) {
    if (is_member_[i]) assignment.endpoints.push_back(balancing::MakeEndpoint(static_cast<int>(i)));
  }
  definition_->ApplyAssignment(assignment);
  for (const balancing::HostPtr& host : definition_->cluster().hosts().Load()->hosts()) {
    for (size_t i = 0; i < servers_.size(); ++i) {
      if (host->address() == balancing::HostAddress(static_cast<int>(i))) hosts_[i] = host;
    }
  }
}

void Fleet::Pass(int64_t ms) {
  clock_.AdvanceMs(ms);
  loop_.RunReady();
  if (std::exchange(is_regroup_needed_, false)) definition_->Regroup();
}

Experience Fleet::Run(int64_t duration_ms, int64_t requests_per_s, const KeyOf& key_of) {
  Experience experience;
  experience.by_host.resize(servers_.size());
  for (int64_t ms = 1; ms <= duration_ms; ++ms) {
    Pass(1);
    while (!answers_.empty() && answers_.top().due_ms <= now_ms()) {
      const Answer answer = answers_.top();
      answers_.pop();
      Answered(answer, experience);
    }
    while (experience.requests < ms * requests_per_s / 1'000) {
      std::optional<uint64_t> key;
      if (key_of != nullptr) key = key_of(experience.requests);
      Arrive(key, experience);
    }
  }
  return experience;
}

void Fleet::Arrive(std::optional<uint64_t> key, Experience& experience) {
  ++experience.requests;
  balancing::PickContext context;
  context.now_ns = loop_.now_ns();
  context.hash = key;
  context.cluster_requests = running_;
  const std::shared_ptr<const balancing::HostSet> set = definition_->cluster().hosts().Load();
  const balancing::Picked picked =
      balancing::PickHost(*set, definition_->cluster().balancer(), context, random_);
  if (picked.host == nullptr) {
    ++experience.failures;
    return;
  }
  balancing::Host& host = **picked.host;
  const int server = ServerOf(host);
  ++experience.by_host[server];
  ++running_;
  host.active_requests.fetch_add(1, std::memory_order_relaxed);
  // A client that has waited too long is gone, which its server does not notice.
  const int64_t due_ms = servers_[server].Serve(now_ms());
  answers_.push({std::min(due_ms, now_ms() + kPatienceMs), server, now_ms()});
}

void Fleet::Answered(const Answer& answer, Experience& experience) {
  balancing::Host& host = *hosts_[answer.server];
  const bool is_late = answer.due_ms - answer.begin_ms >= kPatienceMs;
  const int status = is_late ? 504 : servers_[answer.server].behaviour.status(now_ms());
  --running_;
  host.active_requests.fetch_sub(1, std::memory_order_relaxed);
  if (status >= 500) ++experience.failures;
  if (balancing::HostMonitor* const monitor = host.monitor()) monitor->OnResponse(status);
  balancing::Outcome outcome;
  outcome.latency_ns = (now_ms() - answer.begin_ms) * 1'000'000;
  outcome.is_success = status < 500;
  definition_->cluster().balancer().OnResponse(host, outcome, loop_.now_ns());
}

int Fleet::ServerOf(const balancing::Host& host) const {
  const auto is_it = [&](const balancing::HostPtr& known) { return known.get() == &host; };
  return static_cast<int>(std::find_if(hosts_.begin(), hosts_.end(), is_it) - hosts_.begin());
}

}  // namespace weir::simulation
