// Waits until no worker can be in the middle of a turn that began before the question: what a
// worker looked up at the beginning of such a turn, it has done with. Main thread.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "source/event/loop.h"

namespace weir::clusters {

class TurnBarrier {
 public:
  // The loops outlive the barrier; it may end while it waits.
  TurnBarrier(event::Loop& main, std::vector<event::Loop*> workers);

  // `done` runs on main, in the order of the calls; at once where there are no workers. Those who
  // ask within one turn cost one question to the workers.
  void Await(std::function<void()> done);

 private:
  using Waiting = std::vector<std::function<void()>>;

  void AskWorkers();

  event::Loop& main_;
  const std::vector<event::Loop*> workers_;
  Waiting waiting_;  // since workers were last asked
  // What comes back from workers holds it weakly.
  const std::shared_ptr<TurnBarrier*> self_ = std::make_shared<TurnBarrier*>(this);
};

}  // namespace weir::clusters
