#include "source/extensions/listener_filters/original_dst/original_dst_config.h"

#include "envoy/extensions/filters/listener/original_dst/v3/original_dst.pb.h"
#include "source/config/load.h"
#include "source/extensions/listener_filters/original_dst/original_dst_filter.h"
#include "source/net/original_destination.h"

namespace weir::extensions::original_dst {

namespace {

class Config final : public filter::ListenerFilterConfig {
 public:
  std::unique_ptr<filter::ListenerFilter> Create() const override {
    return std::make_unique<OriginalDstFilter>(net::OriginalDestination);
  }
};

class Factory final : public filter::ListenerFilterFactory {
 public:
  filter::ExtensionId id() const override {
    return {"envoy.filters.listener.original_dst",
            "envoy.extensions.filters.listener.original_dst.v3.OriginalDst"};
  }

  std::shared_ptr<const filter::ListenerFilterConfig> Parse(const google::protobuf::Any& any,
                                                            const filter::FactoryContext& context,
                                                            config::Faults& faults) const override {
    envoy::extensions::filters::listener::original_dst::v3::OriginalDst proto;
    if (!config::Unpack(any, proto, faults)) return nullptr;
    return std::make_shared<Config>();
  }
};

}  // namespace

std::unique_ptr<filter::ListenerFilterFactory> CreateFactory() {
  return std::make_unique<Factory>();
}

}  // namespace weir::extensions::original_dst
