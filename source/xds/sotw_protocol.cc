#include "source/xds/sotw_protocol.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace weir::xds {
namespace {

using envoy::service::discovery::v3::DiscoveryRequest;
using envoy::service::discovery::v3::DiscoveryResponse;
using google::protobuf::Any;

constexpr char kWrapperUrl[] = "type.googleapis.com/envoy.service.discovery.v3.Resource";

// Servers may wrap a resource to give it a name, a version and a time to live.
Received Unwrap(const Any& resource, Intake& intake) {
  const Received bare{{}, {}, &resource};
  if (resource.type_url() != kWrapperUrl) return bare;
  envoy::service::discovery::v3::Resource wrapper;
  if (!wrapper.ParseFromString(resource.value())) return bare;
  const auto& kept = intake.unwrapped.emplace_back(std::move(wrapper));
  return {kept.name(), kept.version(), kept.has_resource() ? &kept.resource() : nullptr,
          &kept.aliases(), kept.has_ttl() ? &kept.ttl() : nullptr};
}

}  // namespace

SotwProtocol::SotwProtocol(ResourceType type, base::Random& random)
    : TypeProtocol(std::move(type), random) {}

void SotwProtocol::NoteWanted(std::string_view name) {
  is_changed_ = true;
  const auto found = dropped_.find(name);
  if (found != dropped_.end()) again_.insert(dropped_.extract(found));
}

void SotwProtocol::NoteForgotten(std::string_view name) {
  is_changed_ = true;
  if (!is_asked_) return;
  dropped_.emplace(name);
  const auto found = again_.find(name);
  if (found != again_.end()) again_.erase(found);
}

void SotwProtocol::Reset() {
  dropped_.clear();
  again_.clear();
  sent_names_ = false;
  nonce_.clear();
  names_.clear();
}

std::string SotwProtocol::TakeRequest(int64_t now_ms, const Node* node) {
  // A change of what is wanted names the latest nonce, hence answers that response anyway.
  const std::optional<xds::Answer> answer = answers_.Take(now_ms, is_changed_);
  DiscoveryRequest request;
  if (node != nullptr) *request.mutable_node() = *node;
  request.set_type_url(type().type_url);
  request.set_version_info(answer.has_value() ? answer->version : VersionFor(server()));
  request.set_response_nonce(answer.has_value() ? answer->nonce : nonce_);
  if (answer.has_value() && !answer->error.empty()) {
    request.mutable_error_detail()->set_code(kNackCode);
    request.mutable_error_detail()->set_message(answer->error);
  }
  // Every answer repeats the names, and they may be ten thousand.
  if (is_changed_ || !is_asked_) names_ = NamesField();
  is_asked_ = true;
  is_changed_ = !again_.empty();
  dropped_.clear();
  again_.clear();
  std::string bytes = request.SerializeAsString();
  return bytes += names_;
}

std::string SotwProtocol::NamesField() {
  DiscoveryRequest request;
  auto& names = *request.mutable_resource_names();
  table_.AppendNames(names);
  if (!again_.empty()) {
    names.erase(std::remove_if(names.begin(), names.end(),
                               [this](const std::string& name) { return again_.contains(name); }),
                names.end());
  }
  sent_names_ |= !names.empty() || is_type_known();
  // Without any name ever said, an empty list is the wildcard every server knows.
  if (table_.wants_all() && sent_names_) names.Add("*");
  return request.SerializeAsString();
}

std::optional<std::string> SotwProtocol::Farewell(const Node* node) const {
  // A server that was only ever asked for everything cannot be told to stop.
  if (!is_asked_ || !sent_names_) return std::nullopt;
  DiscoveryRequest request;
  if (node != nullptr) *request.mutable_node() = *node;
  request.set_type_url(type().type_url);
  request.set_version_info(VersionFor(server()));
  request.set_response_nonce(nonce_);
  return request.SerializeAsString();
}

std::string SotwProtocol::ProbeRequest(const Node* node) const {
  DiscoveryRequest request;
  if (node != nullptr) *request.mutable_node() = *node;
  request.set_type_url(type().type_url);
  auto& names = *request.mutable_resource_names();
  table_.AppendNames(names);
  if (table_.wants_all() && !names.empty()) names.Add("*");
  return request.SerializeAsString();
}

void SotwProtocol::Read(const Response& response, Batch batch, Intake& intake) {
  const auto& message = std::get<DiscoveryResponse>(response.message);
  nonce_ = message.nonce();
  const size_t version_bytes = message.version_info().size();
  if (version_bytes > kMaxVersionBytes) {
    intake.refusals.push_back(
        {"version_info", absl::StrCat("has ", version_bytes, " bytes, at most ", kMaxVersionBytes,
                                      " are allowed")});
    return;
  }
  batch.live_version = VersionFor(server());
  batch.resources.reserve(message.resources_size());
  for (const Any& resource : message.resources()) {
    batch.resources.push_back(Unwrap(resource, intake));
  }
  // Heartbeats alone say nothing of what else there is.
  auto is_heartbeat = [](const Received& received) { return received.body == nullptr; };
  batch.is_complete_set =
      type().is_complete_set &&
      (batch.resources.empty() ||
       !std::all_of(batch.resources.begin(), batch.resources.end(), is_heartbeat));
  table_.Sort(batch, intake);
}

}  // namespace weir::xds
