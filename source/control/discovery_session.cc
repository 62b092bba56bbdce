// Tested by test/control/sotw_session_test.cc and test/control/delta_session_test.cc.
#include "source/control/discovery_session.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "source/base/log.h"
#include "source/base/strings.h"

namespace weir::control {
namespace {

constexpr size_t kMaxLoggedBytes = 4096;
constexpr size_t kMaxUnservedTypes = 100;

// What a client says, fit for one line of the log.
std::string Escaped(std::string_view text) {
  return absl::CEscape(base::ToAbsl(text.substr(0, kMaxLoggedBytes)));
}

}  // namespace

DiscoverySession::DiscoverySession(event::Loop& loop, Options options, Send send)
    : only_(options.only),
      send_(std::move(send)),
      client_(std::move(options.peer)),
      patience_(loop, [this] {
        is_patient_ = false;
        Advance();
      }) {}

void DiscoverySession::OnSnapshot(std::shared_ptr<const Snapshot> snapshot) {
  snapshot_ = std::move(snapshot);
  drops_stale_ = false;
  is_patient_ = true;
  patience_.Cancel();
  Advance();
}

absl::StatusOr<const ServedTypeInfo*> DiscoverySession::Identify(
    const envoy::config::core::v3::Node& node, const std::string& type_url) {
  if (!node.id().empty()) client_ = Escaped(node.id());
  if (only_ != nullptr) {
    if (type_url.empty() || type_url == only_->type_url) return only_;
    return absl::InvalidArgumentError(
        base::StrCat("this stream is for ", only_->type_url, " only, not for ", Escaped(type_url)));
  }
  const ServedTypeInfo* info = FindServedType(type_url);
  if (info == nullptr && unserved_types_.size() < kMaxUnservedTypes &&
      unserved_types_.insert(type_url).second) {
    WEIR_LOG(kWarning, "control", client_, " asks for ", Escaped(type_url),
             ", which is not served");
  }
  return info;
}

void DiscoverySession::TakeAnswer(const ServedTypeInfo& info, Channel& channel,
                                  const google::rpc::Status* error, std::string_view keeps) {
  if (!std::exchange(channel.is_awaited, false)) return;  // a change of names, later
  channel.was_refused = error != nullptr;
  const std::string about = base::StrCat(" node=", client_, " type=", info.noun,
                                         " version=", Escaped(channel.sent_version));
  if (error == nullptr) {
    WEIR_LOG(kInfo, "control", "ACK", about);
    return;
  }
  const std::string kept = keeps.empty() ? "" : absl::StrCat(" keeps=", Escaped(keeps));
  WEIR_LOG(kWarning, "control", "NACK", about, kept, " code=", error->code(), " detail=\"",
           Escaped(error->message()), "\"");
}

const std::string& DiscoverySession::BeginResponse(const ServedTypeInfo& info, Channel& channel,
                                                   std::string version, size_t resources,
                                                   size_t removed) {
  channel.was_sent = channel.is_awaited = true;
  channel.sent_nonce = absl::StrCat(++next_nonce_);
  channel.sent_version = std::move(version);
  WEIR_LOG(kDebug, "control", "push node=", client_, " type=", base::ToAbsl(info.noun),
           " version=", channel.sent_version, " resources=", resources, " removed=", removed);
  return channel.sent_nonce;
}

void DiscoverySession::Advance() {
  if (snapshot_ == nullptr) return;
  if (!AdvanceTypes() || std::exchange(drops_stale_, true)) return;
  AdvanceTypes();
}

bool DiscoverySession::AdvanceTypes() {
  for (const ServedTypeInfo& info : kServedTypes) {
    if (AdvanceType(info)) return false;
  }
  return true;
}

bool DiscoverySession::AdvanceType(const ServedTypeInfo& info) {
  Channel& channel = Of(info.type);
  if (channel.is_subscribed && !channel.is_awaited) PushType(info, channel);
  if (channel.is_awaited) return true;
  return info.type == ServedType::kEndpoints && AwaitsEndpointSubscription();
}

// A client that has taken new clusters is about to ask for their endpoints, and has no use for
// listeners and routes that lead to clusters without any.
bool DiscoverySession::AwaitsEndpointSubscription() {
  const Channel& clusters = Of(ServedType::kCluster);
  if (only_ != nullptr || !clusters.is_subscribed || clusters.was_refused || !is_patient_) {
    return false;
  }
  for (const std::string& name : snapshot_->referred_endpoints) {
    if (Of(ServedType::kEndpoints).Wants(name)) continue;
    if (!patience_.is_armed()) patience_.Arm(kEndpointsPatienceMs);
    return true;
  }
  patience_.Cancel();
  return false;
}

}  // namespace weir::control
