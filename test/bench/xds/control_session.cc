#include "test/bench/xds/control_session.h"

#include <functional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "test/bench/xds/fleet_control.h"

namespace weir::bench {
namespace {

// Of a list, order included.
uint64_t HashOf(const std::vector<std::string_view>& names) {
  uint64_t hash = names.size();
  for (std::string_view name : names) {
    hash = hash * 0x9e3779b97f4a7c15 + std::hash<std::string_view>()(name);
  }
  return hash;
}

}  // namespace

ControlSession::ControlSession(FleetControl& control, std::unique_ptr<rpc::IncomingStream> stream,
                               Variant variant)
    : control_(control), stream_(std::move(stream)), variant_(variant) {
  stream_->Start(*this);
}

void ControlSession::OnMessage(std::string bytes) {
  XdsRequest request;
  const bool is_read = ReadRequest(variant_, bytes, request);
  const std::optional<Kind> kind = KindOf(request.type_url);
  if (!is_read || !kind.has_value()) {
    stream_->Finish(absl::InvalidArgumentError("not a request for what is served"));
    return;
  }
  if (request.is_refusal) control_.NoteRefusal(request.refusal);
  if (variant_ == Variant::kDelta) return TakeDeltaNames(*kind, request);
  // What crossed a response on its way comes again as that response's answer.
  const bool is_stale =
      !request.nonce.empty() && request.nonce != std::to_string(Of(*kind).sent_nonce);
  if (!is_stale) TakeNames(*kind, request);
}

void ControlSession::TakeNames(Kind kind, const XdsRequest& request) {
  Channel& channel = Of(kind);
  const uint64_t hash = HashOf(request.names);
  if (channel.is_subscribed && hash == channel.names_hash) return;
  const bool is_first = !std::exchange(channel.is_subscribed, true);
  channel.names_hash = hash;
  if (IsCompleteSet(kind)) {
    channel.wants_all = true;
    if (is_first) SendAll(kind);
    return;
  }
  std::unordered_set<std::string> names;
  for (std::string_view name : request.names) names.emplace(name);
  std::vector<std::string> added;
  for (const std::string& name : names) {
    if (!channel.names.contains(name)) added.push_back(name);
  }
  channel.names = std::move(names);
  if (!added.empty()) SendNamed(kind, added, {});
}

void ControlSession::TakeDeltaNames(Kind kind, const XdsRequest& request) {
  Channel& channel = Of(kind);
  const bool is_first = !std::exchange(channel.is_subscribed, true);
  if (is_first && IsCompleteSet(kind) && request.names.empty()) channel.wants_all = true;
  for (std::string_view name : request.dropped) channel.names.erase(std::string(name));
  std::vector<std::string> found, missing;
  bool wants_all_now = is_first && channel.wants_all;
  for (std::string_view name : request.names) {
    if (name == "*") {
      channel.wants_all = wants_all_now = true;
      continue;
    }
    channel.names.emplace(name);
    auto& list = control_.fleet_.Of(kind).contains(name) ? found : missing;
    list.emplace_back(name);
  }
  if (wants_all_now) {
    SendAll(kind);
  } else if (!found.empty() || !missing.empty()) {
    SendNamed(kind, found, missing);
  }
}

void ControlSession::Push(const bench::Push& push, bool is_whole) {
  const Channel& channel = Of(push.kind);
  if (!channel.is_subscribed) return;
  if (is_whole || (variant_ == Variant::kStateOfTheWorld && IsCompleteSet(push.kind))) {
    return SendAll(push.kind);
  }
  std::vector<std::string> names;
  for (const std::string& name : push.names) {
    if (channel.wants_all || channel.names.contains(name)) names.push_back(name);
  }
  std::vector<std::string> removed;
  if (variant_ == Variant::kDelta) removed = push.removed;
  if (!names.empty() || !removed.empty()) SendNamed(push.kind, names, removed);
}

void ControlSession::SendNamed(Kind kind, const std::vector<std::string>& names,
                               const std::vector<std::string>& removed) {
  const Fleet::Items& items = control_.fleet_.Of(kind);
  ResponseWriter response = Begin(kind);
  bool has_content = false;
  for (const std::string& name : names) {
    const auto found = items.find(name);
    if (found == items.end()) continue;
    response.Add(name, found->second.version, found->second.body);
    has_content = true;
  }
  for (const std::string& name : removed) response.AddRemoved(name);
  if (has_content || !removed.empty()) Finish(std::move(response));
}

void ControlSession::SendAll(Kind kind) {
  const Channel& channel = Of(kind);
  ResponseWriter response = Begin(kind);
  for (const auto& [name, item] : control_.fleet_.Of(kind)) {
    if (channel.wants_all || channel.names.contains(name)) {
      response.Add(name, item.version, item.body);
    }
  }
  Finish(std::move(response));
}

ResponseWriter ControlSession::Begin(Kind kind) {
  Of(kind).sent_nonce = ++next_nonce_;
  return {variant_, TypeUrl(kind), control_.fleet_.version(), next_nonce_};
}

void ControlSession::Finish(ResponseWriter response) {
  std::string bytes = response.Take();
  control_.sent_bytes_ += bytes.size();
  stream_->Send(std::move(bytes));
}

void ControlSession::OnEnd(absl::Status /*status*/) {
  control_.sessions_.remove_if([this](const auto& session) { return session.get() == this; });
}

}  // namespace weir::bench
