// The xDS protocol of one resource type: which request is due, what a response means, how it is
// answered. What the two protocols share is here, what differs is in sotw_protocol.h and
// delta_protocol.h. Requests out as bytes, responses in; time is an argument, no thread.
//
//   OnConnect ──► first request ──► (response) Receive ──► sink takes or refuses ──► Answer
//                     ▲                                                                 │
//                     └── IsRequestDue, TakeRequest ◄── what is wanted changes, ACK, NACK
//
// What is known of resources outlives a stream; nonces and pending answers do not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envoy/config/core/v3/base.pb.h"
#include "source/base/random.h"
#include "source/xds/answer_queue.h"
#include "source/xds/discovery_methods.h"
#include "source/xds/discovery_response.h"
#include "source/xds/resource_table.h"
#include "source/xds/subscription.h"

namespace weir::xds {

// google.rpc.Code of a NACK: INTERNAL, what Envoy answers with.
inline constexpr int kNackCode = 13;

class TypeProtocol {
 public:
  using Node = envoy::config::core::v3::Node;

  static std::unique_ptr<TypeProtocol> Create(Protocol protocol, ResourceType type,
                                              base::Random& random);
  virtual ~TypeProtocol() = default;
  TypeProtocol(const TypeProtocol&) = delete;
  TypeProtocol& operator=(const TypeProtocol&) = delete;

  const ResourceType& type() const { return table_.type(); }
  // Of the last response that was accepted, whoever sent it.
  const std::string& version() const { return version_; }
  bool wants_all() const { return table_.wants_all(); }
  bool wants_anything() const { return table_.wants_anything(); }
  // Whether responses are expected: something was asked for on this stream.
  bool is_asked() const { return is_asked_; }
  // Whether there was any response yet, on whatever stream.
  bool was_answered() const { return was_answered_; }

  // What is wanted. These say whether a request has become due.
  bool WantAll();
  bool Want(std::string_view name, int64_t fetch_timeout_ms);
  bool Forget(std::string_view name);

  // A stream to server number `server`. `is_type_known`: there was an earlier subscription to this
  // type on it, after which an empty list does not mean everything any more.
  void OnConnect(uint32_t server, bool is_type_known);
  // The stream is gone, and with it everything that belonged to it.
  void OnDisconnect();

  bool IsRequestDue(int64_t now_ms) const;
  // The request that is due, serialised. Without `node` when the server knows it.
  virtual std::string TakeRequest(int64_t now_ms, const Node* node) = 0;
  // When a NACK that is held back may leave.
  std::optional<int64_t> NextDueMs() const { return answers_.HeldUntilMs(); }
  // The farewell: wants nothing any more. None when the server need not be told.
  virtual std::optional<std::string> Farewell(const Node* node) const = 0;

  // Asks anew for all that is wanted, on a stream that this protocol has no part in.
  virtual std::string ProbeRequest(const Node* node) const = 0;

  // What a response brings. Its sink's refusals go to Settle(), as often as needed, and then
  // Answer() takes note of the verdict: true for ACK.
  Intake Receive(const Response& response, int64_t now_ms);
  void Settle(const Intake& intake, size_t first, size_t count,
              absl::Span<const Refusal> refusals) {
    table_.Settle(intake, first, count, refusals);
  }
  bool Answer(const Response& response, const Intake& intake, int64_t now_ms);

  // For initial fetch timeouts and times to live: see ResourceTable.
  std::map<int64_t, std::vector<std::string>> TakeUnasked(uint32_t ask) {
    return table_.TakeUnasked(ask);
  }
  std::vector<std::string> GiveUp(const std::vector<std::string>& names, uint32_t ask) {
    return table_.GiveUp(names, ask);
  }
  std::optional<int64_t> NextExpiryMs() const { return table_.NextExpiryMs(); }
  std::vector<std::string> TakeExpired(int64_t now_ms) { return table_.TakeExpired(now_ms); }

 protected:
  TypeProtocol(ResourceType type, base::Random& random);

  // Something wanted or let go of; "*" is everything.
  virtual void NoteWanted(std::string_view name) = 0;
  virtual void NoteForgotten(std::string_view name) = 0;
  // Whether the server does not know yet what is wanted.
  virtual bool HasChanges() const = 0;
  // Reads a response; sorts it into `intake`, as `batch`, which knows when and where it came.
  virtual void Read(const Response& response, Batch batch, Intake& intake) = 0;
  // What belonged to the stream.
  virtual void Reset() = 0;

  // The version for `server`: none, unless it gave that version.
  const std::string& VersionFor(uint32_t server) const;
  uint32_t server() const { return server_; }
  bool is_type_known() const { return is_type_known_; }

  ResourceTable table_;
  AnswerQueue answers_;
  bool is_asked_ = false;

 private:
  std::string version_;
  uint32_t version_server_ = 0;
  bool was_answered_ = false;

  // Of the current stream.
  uint32_t server_ = 0;
  bool is_type_known_ = false;
  bool is_receiving_ = false;  // a response of this stream is being worked on
};

}  // namespace weir::xds
