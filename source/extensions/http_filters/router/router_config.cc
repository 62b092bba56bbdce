#include "source/extensions/http_filters/router/router_config.h"

#include "envoy/extensions/filters/http/router/v3/router.pb.h"
#include "source/config/load.h"
#include "source/extensions/http_filters/router/router_filter.h"

namespace weir::extensions::router {

namespace {

class Factory final : public filter::HttpFilterFactory {
 public:
  filter::ExtensionId id() const override {
    return {"envoy.filters.http.router", "envoy.extensions.filters.http.router.v3.Router"};
  }

  std::shared_ptr<const filter::HttpFilterConfig> Parse(const google::protobuf::Any& any,
                                                        const filter::FactoryContext& context,
                                                        config::Faults& faults) const override {
    envoy::extensions::filters::http::router::v3::Router proto;
    if (!config::Unpack(any, proto, faults)) return nullptr;
    RouterSettings settings;
    settings.clusters = &context.clusters;
    settings.suppress_envoy_headers = proto.suppress_envoy_headers();
    settings.respect_expected_rq_timeout = proto.respect_expected_rq_timeout();
    if (proto.has_dynamic_stats() && !proto.dynamic_stats().value()) {
      faults.AddIgnored("dynamic_stats", "statistics cost nothing until they are asked for");
    }
    return std::make_shared<filter::HttpFilterConfigOf<RouterFilter, RouterSettings>>(
        settings, /*is_terminal=*/true);
  }
};

}  // namespace

std::unique_ptr<filter::HttpFilterFactory> CreateFactory() { return std::make_unique<Factory>(); }

}  // namespace weir::extensions::router
