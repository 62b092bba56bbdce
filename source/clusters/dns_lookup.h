// Keeps one name's addresses up to date: looks it up, waits, looks again. Main thread.
//
//            ┌───────── answer: wait for the refresh rate or the TTL ─────────┐
//     Start ─┴► asking ─┤                                                      ├─► asking …
//                       └── no answer: wait for the failure rate, growing ─────┘
//
// An answer that the name does not exist, or has no address, is an answer. Without one, what was
// known stays.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "source/event/timer.h"
#include "source/net/dns.h"
#include "source/upstream/cluster_config.h"

namespace weir::clusters {

class DnsLookup {
 public:
  enum class Outcome { kAnswered, kFailed };
  // Called after every lookup, never before Start returns. The lookup must not be destroyed in it.
  using OnOutcome = std::function<void(Outcome)>;

  // `config` and `resolver` outlive it.
  DnsLookup(event::Loop& main, net::DnsResolver& resolver, const upstream::DnsConfig& config,
            std::string name, OnOutcome on_outcome);
  void Start();

  const std::string& name() const { return name_; }
  // In the server's order, without ports.
  const std::vector<net::Address>& addresses() const { return addresses_; }
  // The first lookup has ended, well or not.
  bool is_settled() const { return is_settled_; }

 private:
  void OnAnswer(absl::StatusOr<net::DnsAnswer> answer);
  int64_t WaitAfterAnswer(int64_t ttl_s);
  int64_t WaitAfterFailure();

  net::DnsResolver& resolver_;
  const upstream::DnsConfig& config_;
  const std::string name_;
  const OnOutcome on_outcome_;
  event::Timer timer_;
  std::unique_ptr<net::DnsResolver::Query> query_;
  std::vector<net::Address> addresses_;
  int failures_ = 0;  // since the last answer
  bool is_settled_ = false;
};

}  // namespace weir::clusters
