#include "source/extensions/http_filters/health_check/health_check_config.h"

#include <map>
#include <utility>

#include "envoy/extensions/filters/http/health_check/v3/health_check.pb.h"
#include "source/config/load.h"
#include "source/extensions/http_filters/health_check/health_check_filter.h"
#include "source/routing/request_matcher.h"

namespace weir::extensions::health_check {

namespace {

using envoy::extensions::filters::http::health_check::v3::HealthCheck;

void ParseCache(const HealthCheck& proto, HealthCheckSettings& settings, config::Faults& faults) {
  if (!proto.has_cache_time()) return;
  const google::protobuf::Duration& time = proto.cache_time();
  if (!settings.passes_through) faults.Add("cache_time", "is for pass_through_mode only");
  const int64_t time_ns = time.seconds() * 1'000'000'000 + time.nanos();
  if (time_ns > 0) settings.cache = std::make_shared<ProbeCache>(time_ns);
}

// Sorted, so that the first that fails is always the same.
void ParseClusters(const HealthCheck& proto, const filter::FactoryContext& context,
                   HealthCheckSettings& settings, config::Faults& faults) {
  if (proto.cluster_min_healthy_percentages().empty()) return;
  config::Faults::Scope scope(faults, "cluster_min_healthy_percentages");
  if (settings.passes_through) faults.Add("", "is not for pass_through_mode");
  const std::map<std::string, envoy::type::v3::Percent> sorted(
      proto.cluster_min_healthy_percentages().begin(),
      proto.cluster_min_healthy_percentages().end());
  for (const auto& [name, percent] : sorted) {
    settings.clusters.push_back({&context.SlotOf(name), percent.value()});
  }
}

class Factory final : public filter::HttpFilterFactory {
 public:
  filter::ExtensionId id() const override {
    return {"envoy.filters.http.health_check",
            "envoy.extensions.filters.http.health_check.v3.HealthCheck"};
  }

  std::shared_ptr<const filter::HttpFilterConfig> Parse(const google::protobuf::Any& any,
                                                        const filter::FactoryContext& context,
                                                        config::Faults& faults) const override {
    HealthCheck proto;
    if (!config::Unpack(any, proto, faults)) return nullptr;
    const size_t faults_before = faults.faults().size();
    HealthCheckSettings settings;
    settings.verdict = context.health;
    settings.own_cluster = context.node.cluster;
    settings.passes_through = proto.pass_through_mode().value();
    ParseCache(proto, settings, faults);
    ParseClusters(proto, context, settings, faults);
    for (int i = 0; i < proto.headers_size(); ++i) {
      config::Faults::Scope scope(faults, "headers", i);
      settings.headers.push_back(routing::ParseHeaderMatcher(proto.headers(i), faults));
    }
    if (faults.faults().size() > faults_before) return nullptr;
    return std::make_shared<filter::HttpFilterConfigOf<HealthCheckFilter, HealthCheckSettings>>(
        std::move(settings));
  }
};

}  // namespace

std::unique_ptr<filter::HttpFilterFactory> CreateFactory() { return std::make_unique<Factory>(); }

}  // namespace weir::extensions::health_check
