#include "source/xds/discovery_response.h"

namespace weir::xds {
namespace {

using envoy::service::discovery::v3::DeltaDiscoveryResponse;
using envoy::service::discovery::v3::DiscoveryResponse;

}  // namespace

std::unique_ptr<Response> Response::Parse(Protocol protocol, const std::string& bytes) {
  auto response = std::make_unique<Response>();
  if (protocol == Protocol::kDelta) response->message.emplace<DeltaDiscoveryResponse>();
  const bool is_readable =
      std::visit([&](auto& message) { return message.ParseFromString(bytes); }, response->message);
  return is_readable ? std::move(response) : nullptr;
}

const std::string& Response::type_url() const {
  return std::visit([](const auto& of) -> const std::string& { return of.type_url(); }, message);
}

const std::string& Response::nonce() const {
  return std::visit([](const auto& of) -> const std::string& { return of.nonce(); }, message);
}

const std::string& Response::version() const {
  const auto* delta = std::get_if<DeltaDiscoveryResponse>(&message);
  return delta != nullptr ? delta->system_version_info()
                          : std::get<DiscoveryResponse>(message).version_info();
}

const std::string* Response::control_plane() const {
  return std::visit(
      [](const auto& of) {
        return of.has_control_plane() ? &of.control_plane().identifier() : nullptr;
      },
      message);
}

}  // namespace weir::xds
