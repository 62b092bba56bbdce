#include "source/extensions/listener_filters/http_inspector/http_inspector_config.h"

#include <utility>

#include "envoy/extensions/filters/listener/http_inspector/v3/http_inspector.pb.h"
#include "source/config/load.h"
#include "source/extensions/listener_filters/http_inspector/http_inspector_filter.h"

namespace weir::extensions::http_inspector {

namespace {

class Config final : public filter::ListenerFilterConfig {
 public:
  explicit Config(std::shared_ptr<stats::Group<HttpInspectorStats>> stats)
      : stats_(std::move(stats)) {}
  std::unique_ptr<filter::ListenerFilter> Create() const override {
    return std::make_unique<HttpInspectorFilter>(*stats_);
  }

 private:
  const std::shared_ptr<stats::Group<HttpInspectorStats>> stats_;
};

class Factory final : public filter::ListenerFilterFactory {
 public:
  filter::ExtensionId id() const override {
    return {"envoy.filters.listener.http_inspector",
            "envoy.extensions.filters.listener.http_inspector.v3.HttpInspector"};
  }

  std::shared_ptr<const filter::ListenerFilterConfig> Parse(const google::protobuf::Any& any,
                                                            const filter::FactoryContext& context,
                                                            config::Faults& faults) const override {
    envoy::extensions::filters::listener::http_inspector::v3::HttpInspector proto;
    if (!config::Unpack(any, proto, faults)) return nullptr;
    return std::make_shared<Config>(context.stats.AddGroup<HttpInspectorStats>("http_inspector"));
  }
};

}  // namespace

std::unique_ptr<filter::ListenerFilterFactory> CreateFactory() {
  return std::make_unique<Factory>();
}

}  // namespace weir::extensions::http_inspector
