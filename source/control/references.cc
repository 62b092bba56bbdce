#include "source/control/references.h"

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "source/config/type_urls.h"

namespace weir::control {
namespace {

using envoy::config::cluster::v3::Cluster;
using envoy::config::listener::v3::FilterChain;
using envoy::config::listener::v3::Listener;
using envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;
using envoy::extensions::transport_sockets::tls::v3::SdsSecretConfig;
using google::protobuf::Any;
using google::protobuf::DynamicCastToGenerated;
using google::protobuf::Message;

void AppendRoutes(const FilterChain& chain, std::vector<std::string>& names) {
  for (const auto& filter : chain.filters()) {
    HttpConnectionManager manager;
    if (!filter.typed_config().Is<HttpConnectionManager>()) continue;
    if (!filter.typed_config().UnpackTo(&manager) || !manager.has_rds()) continue;
    names.push_back(manager.rds().route_config_name());
  }
}

void AppendSecrets(const Message& message, std::vector<std::string>& names) {
  if (const auto* any = DynamicCastToGenerated<Any>(&message)) {
    const auto* type = config::FindMessageType(config::TypeNameOf(any->type_url()));
    const auto content = type == nullptr ? nullptr : config::NewMessage(*type);
    if (content != nullptr && content->ParseFromString(any->value())) {
      AppendSecrets(*content, names);
    }
    return;
  }
  if (const auto* secret = DynamicCastToGenerated<SdsSecretConfig>(&message)) {
    if (secret->has_sds_config()) names.push_back(secret->name());
    return;
  }
  const auto& reflection = *message.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      AppendSecrets(reflection.GetMessage(message, field), names);
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      AppendSecrets(reflection.GetRepeatedMessage(message, field, i), names);
    }
  }
}

}  // namespace

std::optional<std::string> EndpointsOf(const google::protobuf::Any& cluster) {
  Cluster message;
  if (!cluster.UnpackTo(&message) || message.type() != Cluster::EDS) return std::nullopt;
  const std::string& service = message.eds_cluster_config().service_name();
  return service.empty() ? message.name() : service;
}

std::vector<std::string> RoutesOf(const google::protobuf::Any& listener) {
  std::vector<std::string> names;
  Listener message;
  if (!listener.UnpackTo(&message)) return names;
  for (const FilterChain& chain : message.filter_chains()) AppendRoutes(chain, names);
  if (message.has_default_filter_chain()) AppendRoutes(message.default_filter_chain(), names);
  return names;
}

std::vector<std::string> SecretsOf(const Any& resource) {
  std::vector<std::string> names;
  AppendSecrets(resource, names);
  return names;
}

}  // namespace weir::control
