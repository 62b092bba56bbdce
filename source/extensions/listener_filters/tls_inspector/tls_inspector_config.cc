#include "source/extensions/listener_filters/tls_inspector/tls_inspector_config.h"

#include <utility>

#include "envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector.pb.h"
#include "source/config/load.h"
#include "source/extensions/listener_filters/tls_inspector/tls_inspector_filter.h"

namespace weir::extensions::tls_inspector {

namespace {

class Config final : public filter::ListenerFilterConfig {
 public:
  explicit Config(TlsInspectorSettings settings) : settings_(std::move(settings)) {}
  std::unique_ptr<filter::ListenerFilter> Create() const override {
    return std::make_unique<TlsInspectorFilter>(settings_);
  }

 private:
  const TlsInspectorSettings settings_;
};

class Factory final : public filter::ListenerFilterFactory {
 public:
  filter::ExtensionId id() const override {
    return {"envoy.filters.listener.tls_inspector",
            "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"};
  }

  std::shared_ptr<const filter::ListenerFilterConfig> Parse(const google::protobuf::Any& any,
                                                            const filter::FactoryContext& context,
                                                            config::Faults& faults) const override {
    envoy::extensions::filters::listener::tls_inspector::v3::TlsInspector proto;
    if (!config::Unpack(any, proto, faults)) return nullptr;
    TlsInspectorSettings settings;
    if (proto.has_max_client_hello_size()) {
      settings.max_hello_bytes = proto.max_client_hello_size().value();
    }
    settings.closes_malformed = proto.close_connection_on_client_hello_parsing_errors();
    settings.stats = context.stats.AddGroup<TlsInspectorStats>("tls_inspector");
    return std::make_shared<Config>(std::move(settings));
  }
};

}  // namespace

std::unique_ptr<filter::ListenerFilterFactory> CreateFactory() {
  return std::make_unique<Factory>();
}

}  // namespace weir::extensions::tls_inspector
