#include "source/clusters/turn_barrier.h"

#include <cstddef>
#include <utility>

namespace weir::clusters {

TurnBarrier::TurnBarrier(event::Loop& main, std::vector<event::Loop*> workers)
    : main_(main), workers_(std::move(workers)) {}

void TurnBarrier::Await(std::function<void()> done) {
  if (workers_.empty()) {
    done();
    return;
  }
  waiting_.push_back(std::move(done));
  if (waiting_.size() > 1) return;
  main_.Post([self = std::weak_ptr<TurnBarrier*>(self_)] {
    if (const auto barrier = self.lock()) (*barrier)->AskWorkers();
  });
}

void TurnBarrier::AskWorkers() {
  const auto unasked = std::make_shared<size_t>(workers_.size());
  const auto waiting = std::make_shared<const Waiting>(std::exchange(waiting_, {}));
  const auto on_main = [self = std::weak_ptr<TurnBarrier*>(self_), unasked, waiting] {
    if (--*unasked > 0) return;
    for (const auto& done : *waiting) {
      if (self.expired()) return;
      done();
    }
  };
  for (event::Loop* const worker : workers_) {
    worker->Post([&main = main_, on_main] { main.Post(on_main); });
  }
}

}  // namespace weir::clusters
