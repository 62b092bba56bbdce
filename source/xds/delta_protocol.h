// Delta: requests and responses say what changed. See type_protocol.h.
//
//   first request   all that is wanted; after a reconnect also name → version of what is live
//   change          subscribe, unsubscribe: increments since the last request
//   ACK             the response's nonce; NACK: with error_detail
//
// The nonce is there only in an answer, and a change may ride along with one. A name that was let
// go of and is wanted again is subscribed to again, because what was there of it is forgotten: the
// server sends it again, even if it did not change.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "source/base/random.h"
#include "source/xds/type_protocol.h"

namespace weir::xds {

class DeltaProtocol final : public TypeProtocol {
 public:
  DeltaProtocol(ResourceType type, base::Random& random);

  std::string TakeRequest(int64_t now_ms, const Node* node) override;
  std::optional<std::string> Farewell(const Node* node) const override;
  std::string ProbeRequest(const Node* node) const override;

 private:
  using Request = envoy::service::discovery::v3::DeltaDiscoveryRequest;

  void NoteWanted(std::string_view name) override;
  void NoteForgotten(std::string_view name) override;
  bool HasChanges() const override { return !subscribe_.empty() || !unsubscribe_.empty(); }
  void Read(const Response& response, Batch batch, Intake& intake) override;
  void Reset() override;

  void FillFirst(Request& request) const;
  void FillChanges(Request& request);

  // Since the last request of the current stream; in the first one all is new. True: the server
  // takes the name for wanted already.
  absl::btree_map<std::string, bool> subscribe_;
  absl::btree_set<std::string> unsubscribe_;
};

}  // namespace weir::xds
