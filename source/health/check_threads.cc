// Tested by test/health/active_checks_test.cc.
#include "source/health/check_threads.h"

#include <utility>

#include "absl/hash/hash.h"

namespace weir::health {

CheckThreads::CheckThreads(event::Loop& main, const std::vector<event::Loop*>& workers)
    : main_(main), self_(std::make_shared<CheckThreads*>(this)) {
  const auto deliver = [&main, self = std::weak_ptr(self_)](std::vector<CheckResult> results) {
    main.Post([self, results = std::move(results)]() mutable {
      if (const auto threads = self.lock()) (*threads)->Deliver(std::move(results));
    });
  };
  for (event::Loop* const worker : workers) {
    runners_.push_back(std::make_shared<CheckRunner>(*worker, deliver));
  }
  if (runners_.empty()) runners_.push_back(std::make_shared<CheckRunner>(main, deliver));
}

CheckThreads::~CheckThreads() = default;

uint64_t CheckThreads::Register(Client& client) {
  clients_[++last_number_] = &client;
  return last_number_;
}

size_t CheckThreads::IndexOf(const balancing::Host& host) const {
  return absl::HashOf(host.address()) % runners_.size();
}

void CheckThreads::Send(size_t index, std::vector<CheckOrder> orders) {
  runners_[index]->loop().Post(
      [runner = std::weak_ptr(runners_[index]), orders = std::move(orders)]() mutable {
        if (const auto here = runner.lock()) here->Take(std::move(orders));
      });
}

// A client may end while another hears its results.
void CheckThreads::Deliver(std::vector<CheckResult> results) {
  absl::flat_hash_map<uint64_t, std::vector<CheckResult>> by_client;
  for (CheckResult& result : results) by_client[result.cluster].push_back(std::move(result));
  for (auto& [number, of_client] : by_client) {
    const auto found = clients_.find(number);
    if (found != clients_.end()) found->second->OnResults(std::move(of_client));
  }
}

}  // namespace weir::health
