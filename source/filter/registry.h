// The extensions of this build, by type URL. Filled by source/extensions.cc (or by a custom
// build's own list) and passed in: no static registration, nothing hidden.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "source/config/faults.h"
#include "source/filter/access_log.h"
#include "source/filter/factory_context.h"
#include "source/filter/http_filter_config.h"
#include "source/filter/listener_filter.h"
#include "source/filter/network_filter.h"
#include "source/net/transport_factory.h"

namespace google::protobuf {
class Any;
}

namespace weir::filter {

// Common to all factories: the type URL of the configuration message without the
// "type.googleapis.com/" part, and Envoy's name of the extension.
struct ExtensionId {
  std::string_view name;
  std::string_view config_type;
};

// Every Parse returns null exactly when it added faults.
class HttpFilterFactory {
 public:
  virtual ~HttpFilterFactory() = default;
  virtual ExtensionId id() const = 0;
  virtual std::shared_ptr<const HttpFilterConfig> Parse(const google::protobuf::Any& config,
                                                        const FactoryContext& context,
                                                        config::Faults& faults) const = 0;
  // typed_per_filter_config. Default: a fault, the filter has no settings per route.
  virtual std::shared_ptr<const routing::FilterConfig> ParseRouteConfig(
      const google::protobuf::Any& config, config::Faults& faults) const;
};

class NetworkFilterFactory {
 public:
  virtual ~NetworkFilterFactory() = default;
  virtual ExtensionId id() const = 0;
  virtual std::shared_ptr<const NetworkFilterConfig> Parse(const google::protobuf::Any& config,
                                                           const FactoryContext& context,
                                                           config::Faults& faults) const = 0;
};

class ListenerFilterFactory {
 public:
  virtual ~ListenerFilterFactory() = default;
  virtual ExtensionId id() const = 0;
  virtual std::shared_ptr<const ListenerFilterConfig> Parse(const google::protobuf::Any& config,
                                                            const FactoryContext& context,
                                                            config::Faults& faults) const = 0;
};

class AccessLoggerFactory {
 public:
  virtual ~AccessLoggerFactory() = default;
  virtual ExtensionId id() const = 0;
  virtual std::shared_ptr<const AccessLogger> Parse(const google::protobuf::Any& config,
                                                    const FactoryContext& context,
                                                    config::Faults& faults) const = 0;
};

// transport_socket of a filter chain. Plaintext (raw_buffer) needs none.
class ServerTransportConfigFactory {
 public:
  virtual ~ServerTransportConfigFactory() = default;
  virtual ExtensionId id() const = 0;
  virtual std::shared_ptr<const net::ServerTransportFactory> Parse(
      const google::protobuf::Any& config, const TransportContext& context,
      config::Faults& faults) const = 0;
};

// transport_socket of a cluster.
class ClientTransportConfigFactory {
 public:
  virtual ~ClientTransportConfigFactory() = default;
  virtual ExtensionId id() const = 0;
  virtual std::shared_ptr<const net::ClientTransportFactory> Parse(
      const google::protobuf::Any& config, const TransportContext& context,
      config::Faults& faults) const = 0;
};

class ExtensionRegistry {
 public:
  void Add(std::unique_ptr<HttpFilterFactory> factory);
  void Add(std::unique_ptr<NetworkFilterFactory> factory);
  void Add(std::unique_ptr<ListenerFilterFactory> factory);
  void Add(std::unique_ptr<AccessLoggerFactory> factory);
  void Add(std::unique_ptr<ServerTransportConfigFactory> factory);
  void Add(std::unique_ptr<ClientTransportConfigFactory> factory);

  // By the type URL in `config` (TypedStruct seen through). Null with a fault that lists what
  // there is when nothing fits.
  const HttpFilterFactory* FindHttpFilter(const google::protobuf::Any& config,
                                          config::Faults& faults) const;
  const NetworkFilterFactory* FindNetworkFilter(const google::protobuf::Any& config,
                                                config::Faults& faults) const;
  const ListenerFilterFactory* FindListenerFilter(const google::protobuf::Any& config,
                                                  config::Faults& faults) const;
  const AccessLoggerFactory* FindAccessLogger(const google::protobuf::Any& config,
                                              config::Faults& faults) const;
  const ServerTransportConfigFactory* FindServerTransport(const google::protobuf::Any& config,
                                                          config::Faults& faults) const;
  const ClientTransportConfigFactory* FindClientTransport(const google::protobuf::Any& config,
                                                          config::Faults& faults) const;
  // By the configured name, for per-route settings; null without a fault.
  const HttpFilterFactory* FindHttpFilterByName(std::string_view name) const;
  // All extensions, "category: name", for /server_info and docs.
  std::vector<std::string> Names() const;

 private:
  template <class Factory>
  using Map = absl::flat_hash_map<std::string, std::unique_ptr<Factory>>;

  Map<HttpFilterFactory> http_filters_;
  Map<NetworkFilterFactory> network_filters_;
  Map<ListenerFilterFactory> listener_filters_;
  Map<AccessLoggerFactory> access_loggers_;
  Map<ServerTransportConfigFactory> server_transports_;
  Map<ClientTransportConfigFactory> client_transports_;
};

}  // namespace weir::filter
