#include "source/filter/registry.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/any.pb.h"
#include "source/base/check.h"
#include "source/config/load.h"

namespace weir::filter {

namespace {

template <class Map, class Factory>
void AddTo(Map& map, std::unique_ptr<Factory> factory) {
  std::string type(factory->id().config_type);
  const bool added = map.try_emplace(std::move(type), std::move(factory)).second;
  WEIR_CHECK(added);  // two extensions of one build claim the same type
}

template <class Map>
std::vector<std::string> NamesIn(const Map& map) {
  std::vector<std::string> names;
  for (const auto& [type, factory] : map) names.emplace_back(factory->id().name);
  std::sort(names.begin(), names.end());
  return names;
}

template <class Map>
auto FindIn(const Map& map, const google::protobuf::Any& config, std::string_view category,
            config::Faults& faults) -> decltype(map.begin()->second.get()) {
  const std::string url = config::TypeUrlOf(config);
  const auto found = map.find(url.substr(url.rfind('/') + 1));
  if (found != map.end()) return found->second.get();
  const std::string category_name(category);
  faults.Add("typed_config",
             url.empty() ? absl::StrCat("is required: it names the ", category_name, " by its type")
                         : absl::StrCat("this build has no ", category_name, " of type \"", url,
                                        "\"; it has ", absl::StrJoin(NamesIn(map), ", ")));
  return nullptr;
}

}  // namespace

std::shared_ptr<const routing::FilterConfig> HttpFilterFactory::ParseRouteConfig(
    const google::protobuf::Any&, config::Faults& faults) const {
  faults.Add("", absl::StrCat(std::string(id().name), " has no settings per route"));
  return nullptr;
}

void ExtensionRegistry::Add(std::unique_ptr<HttpFilterFactory> factory) {
  AddTo(http_filters_, std::move(factory));
}
void ExtensionRegistry::Add(std::unique_ptr<NetworkFilterFactory> factory) {
  AddTo(network_filters_, std::move(factory));
}
void ExtensionRegistry::Add(std::unique_ptr<ListenerFilterFactory> factory) {
  AddTo(listener_filters_, std::move(factory));
}
void ExtensionRegistry::Add(std::unique_ptr<AccessLoggerFactory> factory) {
  AddTo(access_loggers_, std::move(factory));
}
void ExtensionRegistry::Add(std::unique_ptr<ServerTransportConfigFactory> factory) {
  AddTo(server_transports_, std::move(factory));
}
void ExtensionRegistry::Add(std::unique_ptr<ClientTransportConfigFactory> factory) {
  AddTo(client_transports_, std::move(factory));
}

const HttpFilterFactory* ExtensionRegistry::FindHttpFilter(const google::protobuf::Any& config,
                                                           config::Faults& faults) const {
  return FindIn(http_filters_, config, "HTTP filter", faults);
}
const NetworkFilterFactory* ExtensionRegistry::FindNetworkFilter(
    const google::protobuf::Any& config, config::Faults& faults) const {
  return FindIn(network_filters_, config, "network filter", faults);
}
const ListenerFilterFactory* ExtensionRegistry::FindListenerFilter(
    const google::protobuf::Any& config, config::Faults& faults) const {
  return FindIn(listener_filters_, config, "listener filter", faults);
}
const AccessLoggerFactory* ExtensionRegistry::FindAccessLogger(const google::protobuf::Any& config,
                                                               config::Faults& faults) const {
  return FindIn(access_loggers_, config, "access logger", faults);
}
const ServerTransportConfigFactory* ExtensionRegistry::FindServerTransport(
    const google::protobuf::Any& config, config::Faults& faults) const {
  return FindIn(server_transports_, config, "downstream transport socket", faults);
}
const ClientTransportConfigFactory* ExtensionRegistry::FindClientTransport(
    const google::protobuf::Any& config, config::Faults& faults) const {
  return FindIn(client_transports_, config, "upstream transport socket", faults);
}

const HttpFilterFactory* ExtensionRegistry::FindHttpFilterByName(std::string_view name) const {
  for (const auto& [type, factory] : http_filters_) {
    if (factory->id().name == name) return factory.get();
  }
  return nullptr;
}

std::vector<std::string> ExtensionRegistry::Names() const {
  std::vector<std::string> names;
  const auto add = [&names](const char* category, const std::vector<std::string>& of) {
    for (const std::string& name : of) names.push_back(absl::StrCat(category, ": ", name));
  };
  add("access_loggers", NamesIn(access_loggers_));
  add("http_filters", NamesIn(http_filters_));
  add("listener_filters", NamesIn(listener_filters_));
  add("network_filters", NamesIn(network_filters_));
  add("transport_sockets.downstream", NamesIn(server_transports_));
  add("transport_sockets.upstream", NamesIn(client_transports_));
  return names;
}

}  // namespace weir::filter
