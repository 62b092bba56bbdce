#include "source/control/ads_session.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "source/base/log.h"
#include "source/base/strings.h"

namespace weir::control {
namespace {

using envoy::service::discovery::v3::DiscoveryRequest;
using envoy::service::discovery::v3::DiscoveryResponse;

constexpr char kIdentifier[] = "weir-control";
constexpr size_t kMaxLoggedBytes = 4096;

// What a client says, fit for one line of the log.
std::string Escaped(std::string_view text) {
  return absl::CEscape(base::ToAbsl(text.substr(0, kMaxLoggedBytes)));
}

}  // namespace

AdsSession::AdsSession(event::Loop& loop, std::string peer, Send send)
    : send_(std::move(send)), client_(std::move(peer)), patience_(loop, [this] {
        is_patient_ = false;
        Advance();
      }) {}

void AdsSession::OnRequest(const DiscoveryRequest& request) {
  if (!request.node().id().empty()) client_ = Escaped(request.node().id());
  const ServedTypeInfo* info = FindServedType(request.type_url());
  if (info == nullptr) {
    if (unserved_types_.size() < 100 && unserved_types_.insert(request.type_url()).second) {
      WEIR_LOG(kWarning, "control", client_, " asks for ", Escaped(request.type_url()),
               ", which is not served");
    }
    return;
  }
  Channel& channel = Of(info->type);
  // A nonce from before this stream, or none, makes it the first of its type.
  const bool is_first = !channel.was_sent || request.response_nonce().empty();
  if (!is_first && request.response_nonce() != absl::StrCat(channel.sent_nonce)) {
    return;  // it was on its way when the last response went out, and will come again as its answer
  }
  if (is_first) {
    channel = Channel();
  } else {
    TakeAnswer(*info, channel, request);
  }
  TakeNames(*info, channel, request);
  Advance();
}

void AdsSession::OnSnapshot(std::shared_ptr<const Snapshot> snapshot) {
  snapshot_ = std::move(snapshot);
  drops_stale_clusters_ = false;
  is_patient_ = true;
  patience_.Cancel();
  Advance();
}

void AdsSession::TakeAnswer(const ServedTypeInfo& info, Channel& channel,
                            const DiscoveryRequest& request) {
  if (!std::exchange(channel.is_awaited, false)) return;  // a change of names, later
  channel.was_refused = request.has_error_detail();
  const std::string about = base::StrCat(" node=", client_, " type=", info.noun,
                                         " version=", Escaped(channel.sent_version));
  if (channel.was_refused) {
    WEIR_LOG(kWarning, "control", "NACK", about, " keeps=", Escaped(request.version_info()),
             " code=", request.error_detail().code(), " detail=\"",
             Escaped(request.error_detail().message()), "\"");
  } else {
    WEIR_LOG(kInfo, "control", "ACK", about);
  }
}

void AdsSession::TakeNames(const ServedTypeInfo& info, Channel& channel,
                           const DiscoveryRequest& request) {
  channel.is_subscribed = true;
  channel.names.clear();
  channel.wants_all = false;
  for (const std::string& name : request.resource_names()) {
    if (name == "*" && info.is_complete_set) {
      channel.wants_all = true;
    } else {
      channel.names.insert(name);
    }
  }
  channel.has_named |= request.resource_names_size() > 0;
  if (info.is_complete_set && !channel.has_named) channel.wants_all = true;
  if (info.is_complete_set) return;
  // What it let go of it has forgotten.
  for (auto it = channel.sent.begin(); it != channel.sent.end();) {
    it = channel.Wants(it->first) ? std::next(it) : channel.sent.erase(it);
  }
}

void AdsSession::Advance() {
  if (snapshot_ == nullptr) return;
  for (const ServedTypeInfo& info : kServedTypes) {
    if (AdvanceType(info)) return;
  }
  if (std::exchange(drops_stale_clusters_, true)) return;
  // Everything new is in place: what nothing refers to any more may go.
  AdvanceType(InfoOf(ServedType::kCluster));
}

bool AdsSession::AdvanceType(const ServedTypeInfo& info) {
  Channel& channel = Of(info.type);
  if (channel.is_subscribed && !channel.is_awaited) {
    if (info.is_complete_set) {
      PushSet(info, channel);
    } else {
      PushChanged(info, channel);
    }
  }
  if (channel.is_awaited) return true;
  return info.type == ServedType::kEndpoints && AwaitsEndpointSubscription();
}

// A client that has taken new clusters is about to ask for their endpoints, and has no use for
// listeners and routes that lead to clusters without any.
bool AdsSession::AwaitsEndpointSubscription() {
  const Channel& clusters = Of(ServedType::kCluster);
  if (!clusters.is_subscribed || clusters.was_refused || !is_patient_) return false;
  for (const std::string& name : snapshot_->referred_endpoints) {
    if (Of(ServedType::kEndpoints).Wants(name)) continue;
    if (!patience_.is_armed()) patience_.Arm(kEndpointsPatienceMs);
    return true;
  }
  patience_.Cancel();
  return false;
}

void AdsSession::PushSet(const ServedTypeInfo& info, Channel& channel) {
  const ResourceSet& set = snapshot_->Of(info.type);
  Bodies bodies;
  for (const auto& [name, body] : set.bodies) {
    if (channel.Wants(name)) bodies.emplace(name, body);
  }
  std::string version = set.version;
  if (info.type == ServedType::kCluster && !drops_stale_clusters_) {
    const size_t count = bodies.size();
    for (const auto& [name, body] : channel.sent) {
      if (channel.Wants(name)) bodies.emplace(name, body);
    }
    if (bodies.size() > count) version += ".transition";
  }
  auto is_same = [](const auto& a, const auto& b) {
    return a.first == b.first && IsSame(a.second, b.second);
  };
  if (channel.was_sent &&
      std::equal(bodies.begin(), bodies.end(), channel.sent.begin(), channel.sent.end(), is_same)) {
    return;
  }
  Push(info, channel, std::move(version), bodies);
  channel.sent = std::move(bodies);
}

void AdsSession::PushChanged(const ServedTypeInfo& info, Channel& channel) {
  const ResourceSet& set = snapshot_->Of(info.type);
  Bodies changed;
  for (const std::string& name : channel.names) {
    auto found = set.bodies.find(name);
    if (found == set.bodies.end()) {
      channel.sent.erase(name);  // sent anew should it come back
      continue;
    }
    Body& sent = channel.sent[name];
    if (IsSame(sent, found->second)) continue;
    sent = found->second;
    changed.emplace(name, found->second);
  }
  if (!changed.empty()) Push(info, channel, set.version, changed);
}

void AdsSession::Push(const ServedTypeInfo& info, Channel& channel, std::string version,
                      const Bodies& bodies) {
  channel.was_sent = channel.is_awaited = true;
  channel.sent_nonce = ++next_nonce_;
  channel.sent_version = std::move(version);
  DiscoveryResponse response;
  response.set_version_info(channel.sent_version);
  response.set_type_url(std::string(info.type_url));
  response.set_nonce(absl::StrCat(channel.sent_nonce));
  response.mutable_control_plane()->set_identifier(kIdentifier);
  for (const auto& [name, body] : bodies) *response.add_resources() = *body;
  WEIR_LOG(kDebug, "control", "push node=", client_, " type=", base::ToAbsl(info.noun),
           " version=", channel.sent_version, " resources=", bodies.size());
  send_(response);
}

}  // namespace weir::control
