#include "source/control/delta_session.h"

#include <iterator>
#include <utility>

namespace weir::control {

bool DeltaSession::Sent::Is(const Body& other) const {
  return body != nullptr ? IsSame(body, other) : version == VersionOf(*other);
}

absl::Status DeltaSession::OnMessage(const std::string& bytes) {
  Request request;
  if (!request.ParseFromString(bytes)) {
    return absl::InvalidArgumentError("not a DeltaDiscoveryRequest");
  }
  const auto found = Identify(request.node(), request.type_url());
  if (!found.ok() || *found == nullptr) return found.status();
  const ServedTypeInfo& info = **found;
  Channel& channel = Of(info.type);
  if (channel.was_sent && request.response_nonce() == channel.sent_nonce) {
    TakeAnswer(info, channel, request.has_error_detail() ? &request.error_detail() : nullptr, {});
  }
  const bool is_first = !std::exchange(channel.is_subscribed, true);
  for (const std::string& name : request.resource_names_subscribe()) {
    Subscribe(info, channel, name);
  }
  for (const std::string& name : request.resource_names_unsubscribe()) {
    Unsubscribe(info, channel, name);
  }
  if (is_first) TakeFirst(info, channel, request);
  Advance();
  return absl::OkStatus();
}

// The first of its type on this stream.
void DeltaSession::TakeFirst(const ServedTypeInfo& info, Channel& channel, const Request& request) {
  if (info.is_complete_set && request.resource_names_subscribe().empty()) channel.wants_all = true;
  State& state = StateOf(info.type);
  if (!request.initial_resource_versions().empty()) BeginTransition();
  for (const auto& [name, version] : request.initial_resource_versions()) {
    state.sent[name] = {nullptr, version};
    // What it has is no news to it, though it asks by name.
    state.owed.erase(name);
  }
}

void DeltaSession::Subscribe(const ServedTypeInfo& info, Channel& channel,
                             const std::string& name) {
  State& state = StateOf(info.type);
  state.said = nullptr;
  if (name == "*" && info.is_complete_set) {
    channel.wants_all = true;
    return;
  }
  channel.names.insert(name);
  state.owed.insert(name);
}

void DeltaSession::Unsubscribe(const ServedTypeInfo& info, Channel& channel,
                               const std::string& name) {
  State& state = StateOf(info.type);
  state.said = nullptr;
  if (name == "*" && info.is_complete_set) {
    channel.wants_all = false;
  } else {
    const bool was_wanted = channel.names.erase(name) > 0;
    state.owed.erase(name);
    // It does not know whether the wildcard covers it.
    if (was_wanted && channel.wants_all) state.owed.insert(name);
  }
  // What it let go of it has forgotten.
  for (auto it = state.sent.begin(); it != state.sent.end();) {
    it = channel.Wants(it->first) ? std::next(it) : state.sent.erase(it);
  }
}

void DeltaSession::PushType(const ServedTypeInfo& info, Channel& channel) {
  State& state = StateOf(info.type);
  if (state.said == snapshot() && state.has_dropped == drops_stale()) return;
  Response response;
  AddChanged(info, channel, response);
  AddRemoved(info, channel, response);
  state.owed.clear();
  state.said = snapshot();
  state.has_dropped = drops_stale();
  const bool is_greeting = channel.wants_all && !std::exchange(state.is_greeted, true);
  if (response.resources().empty() && response.removed_resources().empty() && !is_greeting) return;
  const std::string& version = snapshot()->Of(info.type).version;
  response.set_system_version_info(version);
  response.set_type_url(std::string(info.type_url));
  response.mutable_control_plane()->set_identifier(kIdentifier);
  response.set_nonce(BeginResponse(info, channel, version,
                                   static_cast<size_t>(response.resources_size()),
                                   static_cast<size_t>(response.removed_resources_size())));
  SendResponse(response.SerializeAsString());
}

void DeltaSession::AddChanged(const ServedTypeInfo& info, const Channel& channel,
                              Response& response) {
  State& state = StateOf(info.type);
  const auto add = [&](const std::string& name, const Body& body) {
    const auto sent = state.sent.find(name);
    const bool is_owed = state.owed.contains(name);
    if (!is_owed && sent != state.sent.end() && sent->second.Is(body)) return;
    auto& resource = *response.add_resources();
    resource.set_name(name);
    resource.set_version(VersionOf(*body));
    *resource.mutable_resource() = *body;
    state.sent[name] = {body, resource.version()};
  };
  const auto& bodies = snapshot()->Of(info.type).bodies;
  if (channel.wants_all) {
    for (const auto& [name, body] : bodies) add(name, body);
    return;
  }
  for (const std::string& name : channel.names) {
    if (const auto found = bodies.find(name); found != bodies.end()) add(name, found->second);
  }
}

void DeltaSession::AddRemoved(const ServedTypeInfo& info, const Channel& channel,
                              Response& response) {
  State& state = StateOf(info.type);
  const auto& bodies = snapshot()->Of(info.type).bodies;
  const bool keeps_stale = info.is_dropped_last && !drops_stale();
  Names removed;
  for (const std::string& name : state.owed) {
    if (!bodies.contains(name)) removed.insert(name);
  }
  for (const auto& [name, sent] : state.sent) {
    if (!keeps_stale && channel.Wants(name) && !bodies.contains(name)) removed.insert(name);
  }
  for (const std::string& name : removed) {
    response.add_removed_resources(name);
    state.sent.erase(name);
  }
}

}  // namespace weir::control
