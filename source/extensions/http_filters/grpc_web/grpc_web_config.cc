#include "source/extensions/http_filters/grpc_web/grpc_web_config.h"

#include "envoy/extensions/filters/http/grpc_web/v3/grpc_web.pb.h"
#include "source/config/load.h"
#include "source/extensions/http_filters/grpc_web/grpc_web_filter.h"

namespace weir::extensions::grpc_web {

namespace {

class Factory final : public filter::HttpFilterFactory {
 public:
  filter::ExtensionId id() const override {
    return {"envoy.filters.http.grpc_web", "envoy.extensions.filters.http.grpc_web.v3.GrpcWeb"};
  }

  std::shared_ptr<const filter::HttpFilterConfig> Parse(const google::protobuf::Any& any,
                                                        const filter::FactoryContext&,
                                                        config::Faults& faults) const override {
    envoy::extensions::filters::http::grpc_web::v3::GrpcWeb proto;
    if (!config::Unpack(any, proto, faults)) return nullptr;
    return std::make_shared<filter::HttpFilterConfigOf<GrpcWebFilter, GrpcWebSettings>>(
        GrpcWebSettings());
  }
};

}  // namespace

std::unique_ptr<filter::HttpFilterFactory> CreateFactory() { return std::make_unique<Factory>(); }

}  // namespace weir::extensions::grpc_web
