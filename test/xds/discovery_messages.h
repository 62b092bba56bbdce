// Short ways to write and read discovery messages. Resources are of a type that has a name in
// field 1, as all of Envoy's: ControlPlane{identifier}; Node{id, cluster} where content matters.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "envoy/config/core/v3/base.pb.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "google/protobuf/any.pb.h"

namespace weir::xds {

using envoy::service::discovery::v3::DeltaDiscoveryRequest;
using envoy::service::discovery::v3::DeltaDiscoveryResponse;
using envoy::service::discovery::v3::DiscoveryRequest;
using envoy::service::discovery::v3::DiscoveryResponse;

inline constexpr char kTypeUrl[] = "type.googleapis.com/envoy.config.core.v3.Node";
inline constexpr char kChildUrl[] = "type.googleapis.com/envoy.config.core.v3.Locality";

// The resource `name`; what `content` is decides whether two of one name are the same.
inline google::protobuf::Any MakeBody(const std::string& name, const std::string& content = "",
                                      const std::string& type_url = kTypeUrl) {
  envoy::config::core::v3::Node node;
  node.set_id(name);
  node.set_cluster(content);
  google::protobuf::Any body;
  body.set_type_url(type_url);
  body.set_value(node.SerializeAsString());
  return body;
}

// What MakeBody() was told as `content`.
inline std::string ContentOf(const google::protobuf::Any& body) {
  envoy::config::core::v3::Node node;
  node.ParseFromString(body.value());
  return node.cluster();
}

using Named = std::vector<std::pair<std::string, std::string>>;  // name, content

inline DiscoveryResponse MakeResponse(const std::string& version, const std::string& nonce,
                                      const Named& resources,
                                      const std::string& type_url = kTypeUrl) {
  DiscoveryResponse response;
  response.set_version_info(version);
  response.set_nonce(nonce);
  response.set_type_url(type_url);
  for (const auto& [name, content] : resources) {
    *response.add_resources() = MakeBody(name, content, type_url);
  }
  return response;
}

// One of a delta response.
struct DeltaResource {
  std::string name;
  std::string content = {};
  std::string version = "1";
};

inline DeltaDiscoveryResponse MakeDelta(const std::string& nonce,
                                        const std::vector<DeltaResource>& resources,
                                        const std::vector<std::string>& removed = {},
                                        const std::string& type_url = kTypeUrl) {
  DeltaDiscoveryResponse response;
  response.set_nonce(nonce);
  response.set_system_version_info("system-" + nonce);
  response.set_type_url(type_url);
  for (const auto& [name, content, version] : resources) {
    auto& resource = *response.add_resources();
    resource.set_name(name);
    resource.set_version(version);
    *resource.mutable_resource() = MakeBody(name, content, type_url);
  }
  response.mutable_removed_resources()->Add(removed.begin(), removed.end());
  return response;
}

inline std::vector<std::string> NamesOf(const DiscoveryRequest& request) {
  return {request.resource_names().begin(), request.resource_names().end()};
}
inline std::vector<std::string> SubscribedIn(const DeltaDiscoveryRequest& request) {
  const auto& names = request.resource_names_subscribe();
  return {names.begin(), names.end()};
}
inline std::vector<std::string> UnsubscribedIn(const DeltaDiscoveryRequest& request) {
  const auto& names = request.resource_names_unsubscribe();
  return {names.begin(), names.end()};
}
inline std::map<std::string, std::string> VersionsIn(const DeltaDiscoveryRequest& request) {
  const auto& versions = request.initial_resource_versions();
  return {versions.begin(), versions.end()};
}

}  // namespace weir::xds
