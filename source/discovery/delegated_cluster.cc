#include "source/discovery/delegated_cluster.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "envoy/service/health/v3/hds.pb.h"
#include "source/balancing/probe_report.h"
#include "source/base/strings.h"

namespace weir::discovery {
namespace {

namespace core = envoy::config::core::v3;
namespace v3 = envoy::service::health::v3;
using balancing::HealthFlag;
using balancing::HostPtr;

// Of the statistics of its checks, as those of a cluster that serves.
std::string StatNameOf(std::string name) {
  std::replace(name.begin(), name.end(), ':', '_');
  return name;
}

bool HasTimedOut(const balancing::Host& host) {
  const balancing::HostActivity* const activity = host.activity_if_any();
  return activity != nullptr &&
         balancing::ProbeReport::Unpack(activity->last_probe.load(std::memory_order_relaxed))
                 .answer == balancing::ProbeAnswer::kTimeout;
}

core::HealthStatus StatusOfHost(const balancing::Host& host) {
  // Nobody knows: they were not asked yet, or are not to be.
  if (host.is_exempt_from_checks() || host.has(HealthFlag::kPendingActiveCheck)) {
    return core::UNKNOWN;
  }
  if (host.has(HealthFlag::kFailedActiveCheck)) {
    return HasTimedOut(host) ? core::TIMEOUT : core::UNHEALTHY;
  }
  return host.has(HealthFlag::kDegradedActiveCheck) ? core::DEGRADED : core::HEALTHY;
}

int Badness(core::HealthStatus status) {
  static constexpr core::HealthStatus kFromBest[] = {core::HEALTHY, core::DEGRADED, core::UNKNOWN,
                                                     core::TIMEOUT, core::UNHEALTHY};
  return static_cast<int>(std::find(std::begin(kFromBest), std::end(kFromBest), status) -
                          std::begin(kFromBest));
}

HostPtr NewHost(const Delegation::Endpoint& endpoint) {
  auto host = std::make_shared<balancing::Host>(endpoint.address, endpoint.details);
  if (host->is_exempt_from_checks()) return host;
  host->SetHealthFlag(HealthFlag::kPendingActiveCheck, true);
  host->SetHealthFlag(HealthFlag::kFailedActiveCheck, true);
  return host;
}

std::vector<HostPtr> HostsOf(const Delegation& next, const std::vector<HostPtr>& former) {
  absl::flat_hash_map<net::Address, HostPtr> known;
  known.reserve(former.size());
  for (const HostPtr& host : former) known[host->address()] = host;
  std::vector<HostPtr> hosts;
  hosts.reserve(next.endpoints.size());
  for (const Delegation::Endpoint& endpoint : next.endpoints) {
    const auto found = known.find(endpoint.address);
    const bool stays = found != known.end() && found->second->details() == *endpoint.details;
    hosts.push_back(stays ? found->second : NewHost(endpoint));
  }
  return hosts;
}

}  // namespace

DelegatedCluster::DelegatedCluster(const Context& context) : context_(context) {}

DelegatedCluster::~DelegatedCluster() = default;

bool DelegatedCluster::Update(const v3::ClusterHealthCheck& proto, config::Faults& faults) {
  std::optional<Delegation> next = ParseDelegation(proto, faults);
  if (!next.has_value()) return false;
  std::vector<Plan> plans = PlanFor(*next, faults);
  if (plans.empty()) return false;
  std::vector<Check> checks;
  for (size_t i = 0; i < plans.size(); ++i) {
    checks.push_back(Follow(std::move(plans[i]), *next, i));
  }
  checks_ = std::move(checks);
  now_ = *std::move(next);
  report_ = DelegationReport(proto);
  return true;
}

std::vector<DelegatedCluster::Plan> DelegatedCluster::PlanFor(const Delegation& next,
                                                              config::Faults& faults) {
  std::vector<Check*> untaken;
  for (Check& check : checks_) untaken.push_back(&check);
  const bool is_only_one = checks_.size() == 1 && next.checks.size() == 1;
  const bool stays_where_it_is = next.source_address == now_.source_address;
  std::vector<Plan> plans;
  for (size_t i = 0; i < next.checks.size(); ++i) {
    Plan& plan = plans.emplace_back();
    const auto same = std::find_if(untaken.begin(), untaken.end(), [&](const Check* check) {
      return *check->config == *next.checks[i];
    });
    if (same != untaken.end()) {
      plan.former = *same;
      untaken.erase(same);
      if (stays_where_it_is) continue;
    } else if (is_only_one) {
      plan.former = &checks_[0];
    }
    plan.fresh = Prepare(next, i, faults);
    if (plan.fresh == nullptr) return {};
  }
  return plans;
}

std::unique_ptr<const health::CheckedCluster> DelegatedCluster::Prepare(
    const Delegation& next, size_t check, config::Faults& faults) const {
  auto cluster = std::make_unique<health::CheckedCluster>();
  cluster->name = next.name;
  cluster->config = next.checks[check];
  cluster->connect.bind_address = next.source_address;
  const std::string name = StatNameOf(next.name);
  health::CountChecks(context_.stats, "cluster." + name, {{"envoy_cluster_name", name}}, *cluster);
  const absl::Status status = health::OpenEventLog(context_.log_writer, *cluster);
  if (status.ok()) return cluster;
  config::Faults::Scope scope(faults, "health_checks", check);
  faults.Add("event_log_path", std::string(status.message()));
  return nullptr;
}

DelegatedCluster::Check DelegatedCluster::Follow(Plan plan, const Delegation& next, size_t check) {
  Check made;
  made.config = next.checks[check];
  made.hosts = HostsOf(next, plan.former == nullptr ? std::vector<HostPtr>() : plan.former->hosts);
  if (plan.former != nullptr) made.active = std::move(plan.former->active);
  if (plan.fresh != nullptr) {
    made.active = nullptr;  // one at a time asks a host
    made.active =
        std::make_unique<health::ActiveChecks>(context_.threads, std::move(plan.fresh),
                                               static_cast<health::ActiveChecks::Listener&>(*this));
  }
  made.active->SetHosts(made.hosts);
  return made;
}

core::HealthStatus DelegatedCluster::StatusOf(size_t endpoint) const {
  core::HealthStatus worst = core::HEALTHY;
  for (const Check& check : checks_) {
    const core::HealthStatus status = StatusOfHost(*check.hosts[endpoint]);
    if (Badness(status) > Badness(worst)) worst = status;
  }
  return worst;
}

const std::string& DelegatedCluster::Report() {
  for (size_t i = 0; i < endpoint_count(); ++i) report_.Set(i, StatusOf(i));
  return report_.bytes();
}

}  // namespace weir::discovery
