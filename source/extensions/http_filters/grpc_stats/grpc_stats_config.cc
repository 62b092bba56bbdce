#include "source/extensions/http_filters/grpc_stats/grpc_stats_config.h"

#include <string>
#include <utility>

#include "envoy/extensions/filters/http/grpc_stats/v3/config.pb.h"
#include "source/base/strings.h"
#include "source/config/load.h"
#include "source/extensions/http_filters/grpc_stats/grpc_stats_filter.h"

namespace weir::extensions::grpc_stats {

namespace {

namespace v3 = envoy::extensions::filters::http::grpc_stats::v3;
using envoy::config::core::v3::GrpcMethodList;

std::string NoName(std::string_view name) {
  return base::StrCat("'", name, "' is no name of gRPC's: at most ",
                      upstream::GrpcStats::kMaxNameBytes, " letters, digits, '_' and '-'");
}

void ReadService(const GrpcMethodList::Service& service, GrpcStatsSettings& settings,
                 config::Faults& faults) {
  if (!upstream::IsGrpcServiceName(service.name())) {
    faults.Add("name", base::StrCat(NoName(service.name()), ", and '.'"));
  }
  for (int i = 0; i < service.method_names_size(); ++i) {
    const std::string& method = service.method_names(i);
    if (!upstream::IsGrpcMethodName(method)) {
      faults.Add(base::StrCat("method_names[", i, "]"), NoName(method));
    }
    settings.methods.insert(base::StrCat("/", service.name(), "/", method));
  }
}

void ReadMethods(const GrpcMethodList& list, GrpcStatsSettings& settings, config::Faults& faults) {
  config::Faults::Scope field(faults, "individual_method_stats_allowlist");
  for (int i = 0; i < list.services_size(); ++i) {
    config::Faults::Scope item(faults, "services", i);
    ReadService(list.services(i), settings, faults);
  }
}

class Factory final : public filter::HttpFilterFactory {
 public:
  filter::ExtensionId id() const override {
    return {"envoy.filters.http.grpc_stats",
            "envoy.extensions.filters.http.grpc_stats.v3.FilterConfig"};
  }

  std::shared_ptr<const filter::HttpFilterConfig> Parse(const google::protobuf::Any& any,
                                                        const filter::FactoryContext& context,
                                                        config::Faults& faults) const override {
    v3::FilterConfig proto;
    if (!config::Unpack(any, proto, faults)) return nullptr;
    GrpcStatsSettings settings;
    settings.clusters = &context.clusters;
    settings.counts_all_methods = proto.stats_for_all_methods().value();
    settings.counts_upstream_time = proto.enable_upstream_stats();
    settings.replaces_dots = proto.replace_dots_in_grpc_service_name();
    if (settings.replaces_dots && !settings.counts_all_methods) {
      faults.AddIgnored("replace_dots_in_grpc_service_name",
                        "it is for the names that stats_for_all_methods finds");
    }
    ReadMethods(proto.individual_method_stats_allowlist(), settings, faults);
    if (!faults.ok()) return nullptr;
    return std::make_shared<filter::HttpFilterConfigOf<GrpcStatsFilter, GrpcStatsSettings>>(
        std::move(settings));
  }
};

}  // namespace

std::unique_ptr<filter::HttpFilterFactory> CreateFactory() { return std::make_unique<Factory>(); }

}  // namespace weir::extensions::grpc_stats
