#include "source/control/sotw_session.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace weir::control {

using envoy::service::discovery::v3::DiscoveryRequest;
using envoy::service::discovery::v3::DiscoveryResponse;

absl::Status SotwSession::OnMessage(const std::string& bytes) {
  DiscoveryRequest request;
  if (!request.ParseFromString(bytes)) {
    return absl::InvalidArgumentError("not a DiscoveryRequest");
  }
  const auto info = Identify(request.node(), request.type_url());
  if (!info.ok() || *info == nullptr) return info.status();
  Channel& channel = Of((*info)->type);
  const bool is_answer = channel.was_sent && request.response_nonce() == channel.sent_nonce;
  // A nonce from before this stream, or none, makes it the first of its type.
  const bool is_first = !channel.was_sent || request.response_nonce().empty();
  // Neither: it was on its way when the last response went out, and will come again as its answer.
  if (!is_answer && !is_first) return absl::OkStatus();
  if (is_answer) {
    TakeAnswer(**info, channel, request.has_error_detail() ? &request.error_detail() : nullptr,
               request.version_info());
  } else {
    // What is wrong with a response that it does not name: to send it anew would go on for ever.
    if (channel.was_sent && request.has_error_detail()) return absl::OkStatus();
    channel = Channel();
    StateOf((*info)->type) = State();
  }
  TakeNames(**info, channel, request);
  Advance();
  return absl::OkStatus();
}

void SotwSession::TakeNames(const ServedTypeInfo& info, Channel& channel,
                            const DiscoveryRequest& request) {
  State& state = StateOf(info.type);
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
  state.has_named |= request.resource_names_size() > 0;
  if (info.is_complete_set && !state.has_named) channel.wants_all = true;
  if (info.is_complete_set) return;
  // What it let go of it has forgotten.
  for (auto it = state.sent.begin(); it != state.sent.end();) {
    it = channel.Wants(it->first) ? std::next(it) : state.sent.erase(it);
  }
}

void SotwSession::PushType(const ServedTypeInfo& info, Channel& channel) {
  if (info.is_complete_set) {
    PushSet(info, channel);
  } else {
    PushChanged(info, channel);
  }
}

void SotwSession::PushSet(const ServedTypeInfo& info, Channel& channel) {
  State& state = StateOf(info.type);
  const ResourceSet& set = snapshot()->Of(info.type);
  Bodies bodies;
  for (const auto& [name, body] : set.bodies) {
    if (channel.Wants(name)) bodies.emplace(name, body);
  }
  std::string version = set.version;
  if (info.type == ServedType::kCluster && !drops_stale()) {
    const size_t count = bodies.size();
    for (const auto& [name, body] : state.sent) {
      if (channel.Wants(name)) bodies.emplace(name, body);
    }
    if (bodies.size() > count) version += ".transition";
  }
  auto is_same = [](const auto& a, const auto& b) {
    return a.first == b.first && IsSame(a.second, b.second);
  };
  if (channel.was_sent &&
      std::equal(bodies.begin(), bodies.end(), state.sent.begin(), state.sent.end(), is_same)) {
    return;
  }
  Push(info, channel, std::move(version), bodies);
  state.sent = std::move(bodies);
}

void SotwSession::PushChanged(const ServedTypeInfo& info, Channel& channel) {
  State& state = StateOf(info.type);
  const ResourceSet& set = snapshot()->Of(info.type);
  Bodies changed;
  for (const std::string& name : channel.names) {
    auto found = set.bodies.find(name);
    if (found == set.bodies.end()) {
      state.sent.erase(name);  // sent anew should it come back
      continue;
    }
    Body& sent = state.sent[name];
    if (IsSame(sent, found->second)) continue;
    sent = found->second;
    changed.emplace(name, found->second);
  }
  if (!changed.empty()) Push(info, channel, set.version, changed);
}

void SotwSession::Push(const ServedTypeInfo& info, Channel& channel, std::string version,
                       const Bodies& bodies) {
  DiscoveryResponse response;
  response.set_version_info(version);
  response.set_type_url(std::string(info.type_url));
  response.set_nonce(BeginResponse(info, channel, std::move(version), bodies.size(), 0));
  response.mutable_control_plane()->set_identifier(kIdentifier);
  for (const auto& [name, body] : bodies) *response.add_resources() = *body;
  SendResponse(response.SerializeAsString());
}

}  // namespace weir::control
