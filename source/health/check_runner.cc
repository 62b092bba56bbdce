// Tested by test/health/active_checks_test.cc.
#include "source/health/check_runner.h"

#include <utility>

namespace weir::health {

CheckRunner::CheckRunner(event::Loop& loop, Deliver deliver)
    : loop_(loop), deliver_(std::move(deliver)), pump_timer_(loop, [this] { Pump(); }) {}

CheckRunner::~CheckRunner() = default;

void CheckRunner::Take(std::vector<CheckOrder> orders) {
  for (CheckOrder& order : orders) orders_.push_back(std::move(order));
  if (!pump_timer_.is_armed()) pump_timer_.Arm(0);
}

void CheckRunner::Pump() {
  for (int i = 0; i < kMostPerTurn && !orders_.empty(); ++i) {
    const CheckOrder order = std::move(orders_.front());
    orders_.pop_front();
    Obey(order);
  }
  EndSome();
  for (int i = 0; i < kMostPerTurn && !due_.empty(); ++i) due_.PopFront().Run();
  if (has_work()) pump_timer_.Arm(0);
}

void CheckRunner::Obey(const CheckOrder& order) {
  using Kind = CheckOrder::Kind;
  if (order.kind == Kind::kBegin) {
    auto cluster = std::make_unique<Cluster>();
    cluster->definition = order.definition;
    clusters_[order.cluster] = std::move(cluster);
    return;
  }
  const auto found = clusters_.find(order.cluster);
  if (found == clusters_.end()) return;
  Checkers& checkers = found->second->checkers;
  const auto checker = checkers.find(order.host.get());
  switch (order.kind) {
    case Kind::kAdd:
      return AddHost(order);
    case Kind::kRemove:
      if (checker != checkers.end()) checkers.erase(checker);
      return;
    case Kind::kNoteUnhealthy:
      if (checker != checkers.end()) checker->second->NoteUnhealthy();
      return;
    case Kind::kEnd:
      ending_.push_back(std::move(found->second));
      clusters_.erase(found);
      return;
    case Kind::kBegin:
      return;
  }
}

void CheckRunner::AddHost(const CheckOrder& order) {
  Cluster& cluster = *clusters_.find(order.cluster)->second;
  auto checker = std::make_unique<HostChecker>(loop_, *cluster.definition, order.cluster,
                                               order.host, static_cast<HostChecker::Owner&>(*this));
  // Hosts that come together do not stay together.
  checker->Begin(static_cast<uint32_t>(cluster.checkers.size()));
  cluster.checkers[order.host.get()] = std::move(checker);
}

void CheckRunner::EndSome() {
  for (int i = 0; i < kMostPerTurn && !ending_.empty(); ++i) {
    Checkers& checkers = ending_.back()->checkers;
    if (checkers.empty()) {
      ending_.pop_back();
      continue;
    }
    checkers.erase(checkers.begin());
  }
}

void CheckRunner::OnDue(HostChecker& checker) {
  due_.PushBack(checker);
  if (!pump_timer_.is_armed()) pump_timer_.Arm(0);
}

void CheckRunner::OnResult(const CheckResult& result) {
  results_.push_back(result);
  loop_.AtTurnEnd(*this);
}

void CheckRunner::OnTurnEnd() { deliver_(std::exchange(results_, {})); }

}  // namespace weir::health
