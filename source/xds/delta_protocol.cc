#include "source/xds/delta_protocol.h"

#include <utility>

namespace weir::xds {
namespace {

using envoy::service::discovery::v3::DeltaDiscoveryResponse;

}  // namespace

DeltaProtocol::DeltaProtocol(ResourceType type, base::Random& random)
    : TypeProtocol(std::move(type), random) {}

void DeltaProtocol::NoteWanted(std::string_view name) {
  if (!is_asked_) return;
  const bool was_told = unsubscribe_.erase(std::string(name)) > 0;
  subscribe_.emplace(name, was_told);
}

void DeltaProtocol::NoteForgotten(std::string_view name) {
  if (!is_asked_) return;
  const auto found = subscribe_.find(std::string(name));
  const bool was_told = found == subscribe_.end() || found->second;
  if (found != subscribe_.end()) subscribe_.erase(found);
  if (was_told) unsubscribe_.emplace(name);
}

void DeltaProtocol::Reset() {
  subscribe_.clear();
  unsubscribe_.clear();
}

std::string DeltaProtocol::TakeRequest(int64_t now_ms, const Node* node) {
  Request request;
  if (node != nullptr) *request.mutable_node() = *node;
  request.set_type_url(type().type_url);
  if (!std::exchange(is_asked_, true)) {
    FillFirst(request);
  } else {
    FillChanges(request);
  }
  if (const std::optional<xds::Answer> answer = answers_.Take(now_ms, false)) {
    request.set_response_nonce(answer->nonce);
    if (!answer->error.empty()) {
      request.mutable_error_detail()->set_code(kNackCode);
      request.mutable_error_detail()->set_message(answer->error);
    }
  }
  return request.SerializeAsString();
}

void DeltaProtocol::FillFirst(Request& request) const {
  auto& names = *request.mutable_resource_names_subscribe();
  table_.AppendNames(names);
  // Without any name, an empty list is the wildcard every server knows.
  if (table_.wants_all() && (!names.empty() || is_type_known())) names.Add("*");
  table_.AppendVersions(server(), *request.mutable_initial_resource_versions());
}

void DeltaProtocol::FillChanges(Request& request) {
  for (const auto& [name, was_told] : subscribe_) request.add_resource_names_subscribe(name);
  for (const std::string& name : unsubscribe_) request.add_resource_names_unsubscribe(name);
  Reset();
}

std::optional<std::string> DeltaProtocol::Farewell(const Node* node) const {
  if (!is_asked_) return std::nullopt;
  Request request;
  if (node != nullptr) *request.mutable_node() = *node;
  request.set_type_url(type().type_url);
  auto& names = *request.mutable_resource_names_unsubscribe();
  table_.AppendNames(names);
  if (table_.wants_all()) names.Add("*");
  for (const std::string& name : unsubscribe_) *names.Add() = name;
  if (names.empty()) return std::nullopt;
  return request.SerializeAsString();
}

std::string DeltaProtocol::ProbeRequest(const Node* node) const {
  Request request;
  if (node != nullptr) *request.mutable_node() = *node;
  request.set_type_url(type().type_url);
  auto& names = *request.mutable_resource_names_subscribe();
  table_.AppendNames(names);
  if (table_.wants_all() && !names.empty()) names.Add("*");
  return request.SerializeAsString();
}

void DeltaProtocol::Read(const Response& response, Batch batch, Intake& intake) {
  const auto& message = std::get<DeltaDiscoveryResponse>(response.message);
  batch.resources.reserve(message.resources_size());
  for (const auto& resource : message.resources()) {
    batch.resources.push_back({resource.name(), resource.version(),
                               resource.has_resource() ? &resource.resource() : nullptr,
                               &resource.aliases(),
                               resource.has_ttl() ? &resource.ttl() : nullptr});
  }
  batch.removed.assign(message.removed_resources().begin(), message.removed_resources().end());
  table_.Sort(batch, intake);
}

}  // namespace weir::xds
