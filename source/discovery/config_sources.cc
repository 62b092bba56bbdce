#include "source/discovery/config_sources.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "source/discovery/control_plane_dialer.h"
#include "source/xds/discovery_methods.h"

namespace weir::discovery {

namespace {

using envoy::config::core::v3::ApiConfigSource;
using envoy::config::core::v3::ConfigSource;
using envoy::config::core::v3::PathConfigSource;

constexpr int64_t kDefaultFetchTimeoutMs = 15'000;

int64_t FetchTimeoutMs(const ConfigSource& source) {
  if (!source.has_initial_fetch_timeout()) return kDefaultFetchTimeoutMs;
  const auto& timeout = source.initial_fetch_timeout();
  return timeout.seconds() * 1000 + timeout.nanos() / 1'000'000;
}

// "cluster_manager.cds" → "control_plane.cds"
std::string StatsPrefixOf(const xds::ResourceType& type) {
  return absl::StrCat("control_plane.", type.stats_prefix.substr(type.stats_prefix.rfind('.') + 1));
}

}  // namespace

ConfigSources::ConfigSources(event::Loop& main, stats::Store& stats,
                             xds::files::FileThread& file_thread)
    : main_(main), stats_(stats), watcher_(main), file_thread_(file_thread) {}

ConfigSources::~ConfigSources() = default;

void ConfigSources::SetUp(envoy::config::core::v3::Node node, clusters::ClusterManager& clusters) {
  node_ = std::move(node);
  clusters_ = &clusters;
}

void ConfigSources::Start() {
  is_started_ = true;
  for (const auto& [key, stream] : streams_) stream->Start();
}

ConfigSources::Inside::Inside(ConfigSources& sources, const xds::ResourceOrigin& origin)
    : sources_(sources), before_(sources.self_) {
  sources.self_ = &static_cast<const Origin&>(origin).config;
}

const xds::ResourceOrigin* ConfigSources::Resolve(const ConfigSource& proto,
                                                  const xds::ResourceType& type,
                                                  config::Faults& faults) {
  ConfigSource config = proto;
  if (proto.has_self()) {
    if (self_ == nullptr || self_->has_path_config_source()) {
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
                                             const xds::ResourceType& type,
                                             config::Faults& faults) {
  if (proto.has_ads()) return Aggregated(faults);
  if (proto.has_path_config_source()) return FileOf(proto.path_config_source());
  if (proto.has_api_config_source()) {
    config::Faults::Scope scope(faults, "api_config_source");
    return StreamOf(proto.api_config_source(), type, faults);
  }
  faults.Add("", "names no source: ads, self, api_config_source or path_config_source");
  return nullptr;
}

xds::ResourceSource* ConfigSources::Aggregated(config::Faults& faults) {
  if (ads_ == nullptr) {
    faults.Add("",
               "there is no aggregated stream: dynamic_resources.ads_config is not set in the "
               "bootstrap");
  }
  return ads_;
}

xds::ResourceSource* ConfigSources::StreamOf(const ApiConfigSource& proto,
                                             const xds::ResourceType& type,
                                             config::Faults& faults) {
  const size_t before = faults.faults().size();
  const ControlPlaneConfig config =
      ParseControlPlane(proto, ControlPlaneUse::kConfigSource, faults);
  if (config.is_aggregated) return Aggregated(faults);
  if (node_.id().empty()) {
    faults.Add("", "a control plane needs to know this proxy: set node.id, or --service-node");
  }
  const absl::StatusOr<std::string> method = xds::MethodOf(type.type_url, config.protocol);
  if (!method.ok()) faults.Add("", std::string(method.status().message()));
  if (faults.faults().size() > before) return nullptr;
  std::unique_ptr<xds::DiscoveryClient>& stream =
      streams_[{type.type_url, proto.SerializeAsString()}];
  if (stream != nullptr) return stream.get();
  xds::DiscoveryClient::Options options;
  options.protocol = config.protocol;
  options.method = *method;
  options.node = node_;
  options.node_on_first_message_only = config.node_on_first_message_only;
  options.stats_prefix = StatsPrefixOf(type);
  stream = std::make_unique<xds::DiscoveryClient>(main_, std::move(options),
                                                  CreateServers(main_, *clusters_, config), stats_,
                                                  base::Random::OfThread());
  if (is_started_) stream->Start();
  return stream.get();
}

xds::ResourceSource* ConfigSources::FileOf(const PathConfigSource& proto) {
  std::unique_ptr<xds::files::FileSource>& file = files_[proto.SerializeAsString()];
  if (file == nullptr) {
    file = std::make_unique<xds::files::FileSource>(
        xds::files::FileSource::Context{main_, watcher_, file_thread_, stats_},
        xds::files::FileSource::Options{proto.path(), proto.watched_directory().path()});
  }
  return file.get();
}

}  // namespace weir::discovery
