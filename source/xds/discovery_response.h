// A response of a control plane, read from its bytes, whichever protocol it is of. Pure; no thread.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "envoy/service/discovery/v3/discovery.pb.h"
#include "source/xds/discovery_methods.h"

namespace weir::xds {

struct Response {
  // Null: the bytes are no such message.
  static std::unique_ptr<Response> Parse(Protocol protocol, const std::string& bytes);

  const std::string& type_url() const;
  const std::string& nonce() const;
  // Of the whole: what state of the world counts in, what delta has for people.
  const std::string& version() const;
  // As the server calls itself; null unless it does.
  const std::string* control_plane() const;

  std::variant<envoy::service::discovery::v3::DiscoveryResponse,
               envoy::service::discovery::v3::DeltaDiscoveryResponse>
      message;
};

}  // namespace weir::xds
