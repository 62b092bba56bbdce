// The state-of-the-world protocol of one resource type: which request is due, what a response
// means, how it is answered. Pure: requests out, responses in; time is an argument, no thread.
//
//              first request: names, last version, no nonce
//                        │
//   (response) ──► Receive ──► sink takes or refuses ──► Answer ──► ACK  = its version, its nonce
//                                                          └──────► NACK = last good version, its
//                                                                   nonce, error_detail
//
// The version outlives a stream, the nonce does not. Every response gets one answer, in order;
// but to a server that goes on sending what is refused, NACKs are held back, at longer and longer
// intervals, and only the latest response is answered.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envoy/service/discovery/v3/discovery.pb.h"
#include "source/base/random.h"
#include "source/xds/backoff.h"
#include "source/xds/resource_table.h"
#include "source/xds/subscription.h"

namespace weir::xds {

class SotwStream {
 public:
  SotwStream(ResourceType type, base::Random& random);

  const ResourceType& type() const { return table_.type(); }
  // Of the last response that was accepted.
  const std::string& version() const { return version_; }

  // What is wanted. These say whether a request has become due.
  bool WantAll();
  bool Want(std::string_view name, int64_t fetch_timeout_ms);
  bool Forget(std::string_view name);

  // The stream is gone, and with it everything that belonged to it.
  void OnDisconnect();

  bool IsRequestDue(int64_t now_ms) const;
  // The request that is due, but for the node.
  void FillRequest(int64_t now_ms, envoy::service::discovery::v3::DiscoveryRequest& request);
  // When a NACK that is held back may leave.
  std::optional<int64_t> NextDueMs() const;
  // The farewell: wants nothing any more. False when the server need not be told.
  bool FillFarewell(envoy::service::discovery::v3::DiscoveryRequest& request) const;

  // Whether responses are expected: something was asked for on this stream.
  bool is_asked() const { return is_asked_; }
  bool wants_all() const { return table_.wants_all(); }
  // Whether there was any response yet, on whatever stream.
  bool was_answered() const { return was_answered_; }

  // What a response brings. Its sink's refusals go to Settle(), as often as needed, and then
  // Answer() takes note of the verdict: true for ACK.
  Intake Receive(const envoy::service::discovery::v3::DiscoveryResponse& response);
  void Settle(absl::Span<const Resource> taken, absl::Span<const Refusal> refusals) {
    table_.Settle(taken, refusals);
  }
  bool Answer(const envoy::service::discovery::v3::DiscoveryResponse& response,
              const std::vector<Refusal>& refusals, int64_t now_ms);

  // For initial fetch timeouts: see ResourceTable.
  std::map<int64_t, std::vector<std::string>> TakeUnasked(uint32_t ask) {
    return table_.TakeUnasked(ask);
  }
  std::vector<std::string> GiveUp(const std::vector<std::string>& names, uint32_t ask) {
    return table_.GiveUp(names, ask);
  }

 private:
  struct Verdict {
    std::string nonce;
    std::string version;  // to send back
    std::string error;    // empty: ACK
  };

  std::optional<Verdict> TakeVerdict(int64_t now_ms);
  void FillNames(envoy::service::discovery::v3::DiscoveryRequest& request);
  void Refuse(Verdict verdict, int64_t now_ms);

  ResourceTable table_;
  std::string version_;
  bool was_answered_ = false;

  // Of the current stream.
  bool is_asked_ = false;
  bool sent_names_ = false;    // from then on, no names means nothing, not everything
  bool is_changed_ = false;    // what is wanted, since the last request
  std::string nonce_;          // of the latest response
  bool is_receiving_ = false;  // a response of this stream is being worked on
  std::deque<Verdict> verdicts_;
  std::optional<Verdict> held_;
  int64_t held_until_ms_ = 0;
  uint32_t refusals_in_a_row_ = 0;
  Backoff nack_backoff_;
};

}  // namespace weir::xds
