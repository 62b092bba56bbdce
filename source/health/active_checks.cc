#include "source/health/active_checks.h"

#include <utility>

namespace weir::health {
namespace {

using balancing::HealthFlag;

// The last of it is destroyed on main, whoever lets go of it: transports are main's.
std::shared_ptr<const CheckedCluster> Share(std::unique_ptr<const CheckedCluster> cluster,
                                            event::Loop& main) {
  return {cluster.release(), [&main](const CheckedCluster* old) {
            if (main.IsThisThread()) {
              delete old;
            } else {
              main.Post([owned = std::unique_ptr<const CheckedCluster>(old)] {});
            }
          }};
}

}  // namespace

ActiveChecks::ActiveChecks(CheckThreads& threads, std::unique_ptr<const CheckedCluster> cluster,
                           Listener& listener)
    : threads_(threads),
      listener_(listener),
      cluster_(Share(std::move(cluster), threads.main())),
      number_(threads.Register(static_cast<CheckThreads::Client&>(*this))) {
  for (size_t i = 0; i < threads_.count(); ++i) {
    threads_.Send(i, {{CheckOrder::Kind::kBegin, number_, nullptr, cluster_}});
  }
}

ActiveChecks::~ActiveChecks() {
  threads_.Unregister(number_);
  for (size_t i = 0; i < threads_.count(); ++i) {
    threads_.Send(i, {{CheckOrder::Kind::kEnd, number_}});
  }
  for (const auto& [host, checked] : hosts_) {
    if (checked.is_healthy) cluster_->stats->Here().healthy.Sub();
  }
}

void ActiveChecks::SetHosts(absl::Span<const balancing::HostPtr> hosts) {
  ++generation_;
  Orders orders(threads_.count());
  for (const balancing::HostPtr& host : hosts) {
    if (host->is_exempt_from_checks()) continue;
    const auto found = hosts_.find(host);
    if (found == hosts_.end()) {
      AddHost(host, orders);
    } else {
      found->second.generation = generation_;
    }
  }
  RemoveOld(orders);
  Send(std::move(orders));
}

void ActiveChecks::AddHost(const balancing::HostPtr& host, Orders& orders) {
  Checked& checked = hosts_[host];
  checked.generation = generation_;
  ++awaited_count_;
  if (!host->has(HealthFlag::kFailedActiveCheck)) NoteHealth(checked, true);
  orders[threads_.IndexOf(*host)].push_back({CheckOrder::Kind::kAdd, number_, host});
}

void ActiveChecks::RemoveOld(Orders& orders) {
  for (auto at = hosts_.begin(); at != hosts_.end();) {
    const auto here = at++;
    if (here->second.generation == generation_) continue;
    if (!here->second.has_result) --awaited_count_;
    NoteHealth(here->second, false);
    orders[threads_.IndexOf(*here->first)].push_back(
        {CheckOrder::Kind::kRemove, number_, here->first});
    hosts_.erase(here);
  }
}

void ActiveChecks::Send(Orders orders) {
  for (size_t i = 0; i < orders.size(); ++i) {
    if (!orders[i].empty()) threads_.Send(i, std::move(orders[i]));
  }
}

void ActiveChecks::NoteHealth(Checked& checked, bool is_healthy) {
  if (checked.is_healthy == is_healthy) return;
  checked.is_healthy = is_healthy;
  cluster_->stats->Here().healthy.Add(is_healthy ? 1 : -1);
}

void ActiveChecks::OnResults(std::vector<CheckResult> results) {
  const bool was_waiting = !has_first_round();
  bool has_changed = false;
  for (const CheckResult& result : results) has_changed |= Apply(result);
  if (has_changed || (was_waiting && has_first_round())) listener_.OnChecked(has_changed);
}

bool ActiveChecks::Apply(const CheckResult& result) {
  const auto found = hosts_.find(result.host);
  if (found == hosts_.end()) return false;
  Checked& checked = found->second;
  if (!std::exchange(checked.has_result, true)) --awaited_count_;
  NoteHealth(checked, result.is_healthy);
  balancing::Host& host = *result.host;
  const bool is_ejected = host.has(HealthFlag::kFailedOutlierCheck);
  if (result.is_healthy && is_ejected) listener_.OnEjectedPassed(host);
  bool has_changed = host.SetHealthFlag(HealthFlag::kPendingActiveCheck, false);
  has_changed |= host.SetHealthFlag(HealthFlag::kFailedActiveCheck, !result.is_healthy);
  has_changed |= host.SetHealthFlag(HealthFlag::kDegradedActiveCheck, result.is_degraded);
  has_changed |= host.SetHealthFlag(HealthFlag::kExcluded, result.is_excluded);
  return has_changed;
}

void ActiveChecks::OnImmediateFailure(const balancing::HostPtr& host) {
  const auto found = hosts_.find(host);
  if (found == hosts_.end()) return;
  cluster_->stats->Here().passive_failure.Add();
  NoteHealth(found->second, false);
  threads_.Send(threads_.IndexOf(*host), {{CheckOrder::Kind::kNoteUnhealthy, number_, host}});
  bool has_changed = host->SetHealthFlag(HealthFlag::kFailedActiveCheck, true);
  has_changed |= host->SetHealthFlag(HealthFlag::kExcluded, true);
  if (has_changed) listener_.OnChecked(true);
}

}  // namespace weir::health
