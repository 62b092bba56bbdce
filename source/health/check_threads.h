// The loops that check hosts, as main sees them: each host belongs to one, by its address. Brings
// orders there and results back. Main thread; it ends after the workers' threads and before their
// loops.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "source/event/loop.h"
#include "source/health/check_runner.h"

namespace weir::health {

class CheckThreads {
 public:
  // Whose checks they are.
  class Client {
   public:
    virtual void OnResults(std::vector<CheckResult> results) = 0;

   protected:
    ~Client() = default;
  };

  // Without workers the main loop checks.
  CheckThreads(event::Loop& main, const std::vector<event::Loop*>& workers);
  ~CheckThreads();

  event::Loop& main() { return main_; }
  // A number that was never given out before.
  uint64_t Register(Client& client);
  void Unregister(uint64_t number) { clients_.erase(number); }

  size_t count() const { return runners_.size(); }
  size_t IndexOf(const balancing::Host& host) const;
  void Send(size_t index, std::vector<CheckOrder> orders);

 private:
  void Deliver(std::vector<CheckResult> results);

  event::Loop& main_;
  // What was posted finds out by these whether there is still somebody to hear it.
  std::shared_ptr<CheckThreads*> self_;
  std::vector<std::shared_ptr<CheckRunner>> runners_;
  absl::flat_hash_map<uint64_t, Client*> clients_;
  uint64_t last_number_ = 0;
};

}  // namespace weir::health
