#include "source/server/config_sources.h"

namespace weir::server {

namespace {

using envoy::config::core::v3::ApiConfigSource;
using envoy::config::core::v3::ConfigSource;

constexpr int64_t kDefaultFetchTimeoutMs = 15'000;

int64_t FetchTimeoutMs(const ConfigSource& source) {
  if (!source.has_initial_fetch_timeout()) return kDefaultFetchTimeoutMs;
  const auto& timeout = source.initial_fetch_timeout();
  return timeout.seconds() * 1000 + timeout.nanos() / 1'000'000;
}

bool IsAggregated(const ConfigSource& proto) {
  return proto.has_ads() ||
         proto.api_config_source().api_type() == ApiConfigSource::AGGREGATED_GRPC;
}

}  // namespace

ConfigSources::Inside::Inside(ConfigSources& sources, const xds::ResourceOrigin& origin)
    : sources_(sources), before_(sources.self_) {
  sources.self_ = &static_cast<const Origin&>(origin).config;
}

const xds::ResourceOrigin* ConfigSources::Resolve(const ConfigSource& proto,
                                                  const xds::ResourceType& type,
                                                  config::Faults& faults) {
  ConfigSource config = proto;
  if (proto.has_self()) {
    if (self_ == nullptr) {
      faults.Add("self", "is for resources that come from a control plane");
      return nullptr;
    }
    config = *self_;
    config.clear_initial_fetch_timeout();
    if (proto.has_initial_fetch_timeout()) {
      *config.mutable_initial_fetch_timeout() = proto.initial_fetch_timeout();
    }
  }
  std::unique_ptr<Origin>& origin = origins_[{type.type_url, config.SerializeAsString()}];
  if (origin != nullptr) return origin.get();
  xds::ResourceSource* const source = SourceOf(config, type, faults);
  if (source == nullptr) return nullptr;
  origin = std::make_unique<Origin>();
  origin->source = source;
  origin->initial_fetch_timeout_ms = FetchTimeoutMs(config);
  origin->config = std::move(config);
  return origin.get();
}

xds::ResourceSource* ConfigSources::SourceOf(const ConfigSource& proto,
                                             const xds::ResourceType& /*type*/,
                                             config::Faults& faults) {
  if (!IsAggregated(proto)) {
    faults.Add("", "only ads is implemented");
    return nullptr;
  }
  if (ads_ == nullptr) {
    faults.Add("",
               "there is no aggregated stream: dynamic_resources.ads_config is not set in the "
               "bootstrap");
  }
  return ads_;
}

}  // namespace weir::server
