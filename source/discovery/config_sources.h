// What a ConfigSource means: the aggregated stream, a stream of its own (api_config_source), a file
// (path_config_source); and `self`, the source of the resource that it stands in. Sources are
// shared by all who name the same one for the same type, and stay until the end. Main thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "envoy/config/core/v3/base.pb.h"
#include "envoy/config/core/v3/config_source.pb.h"
#include "source/base/random.h"
#include "source/clusters/cluster_manager.h"
#include "source/config/faults.h"
#include "source/event/file_watcher.h"
#include "source/event/loop.h"
#include "source/stats/stats.h"
#include "source/xds/discovery_client.h"
#include "source/xds/resource_origin.h"
#include "source/xds_files/file_source.h"
#include "source/xds_files/file_thread.h"

namespace weir::discovery {

class ConfigSources {
 public:
  // All outlive it.
  ConfigSources(event::Loop& main, stats::Store& stats, xds::files::FileThread& file_thread);
  // After all subscriptions.
  ~ConfigSources();
  ConfigSources(const ConfigSources&) = delete;
  ConfigSources& operator=(const ConfigSources&) = delete;

  // Before anything is resolved: who we say that we are, and where the clusters of control planes
  // are found.
  void SetUp(envoy::config::core::v3::Node node, clusters::ClusterManager& clusters);
  // The stream of dynamic_resources.ads_config; outlives all use of what is resolved.
  void SetAggregated(xds::ResourceSource& ads) { ads_ = &ads; }
  // Begins to dial; sources that come later do so at once.
  void Start();

  // Null exactly when faults were added, their paths relative to `proto`. Equal messages resolve to
  // one origin for a type.
  const xds::ResourceOrigin* Resolve(const envoy::config::core::v3::ConfigSource& proto,
                                     const xds::ResourceType& type, config::Faults& faults);

  // While it lives, resources that came from `origin` are worked on: it is their `self`.
  class Inside {
   public:
    Inside(ConfigSources& sources, const xds::ResourceOrigin& origin);
    ~Inside() { sources_.self_ = before_; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

   private:
    ConfigSources& sources_;
    const envoy::config::core::v3::ConfigSource* const before_;
  };

 private:
  using ConfigSource = envoy::config::core::v3::ConfigSource;
  struct Origin : xds::ResourceOrigin {
    ConfigSource config;
  };
  // Type URL and serialised message.
  using Key = std::pair<std::string, std::string>;

  xds::ResourceSource* SourceOf(const ConfigSource& proto, const xds::ResourceType& type,
                                config::Faults& faults);
  xds::ResourceSource* Aggregated(config::Faults& faults);
  xds::ResourceSource* StreamOf(const envoy::config::core::v3::ApiConfigSource& proto,
                                const xds::ResourceType& type, config::Faults& faults);
  xds::ResourceSource* FileOf(const envoy::config::core::v3::PathConfigSource& proto);

  event::Loop& main_;
  stats::Store& stats_;
  envoy::config::core::v3::Node node_;
  clusters::ClusterManager* clusters_ = nullptr;
  xds::ResourceSource* ads_ = nullptr;
  const ConfigSource* self_ = nullptr;  // null: what is worked on is static
  bool is_started_ = false;
  std::map<Key, std::unique_ptr<Origin>> origins_;
  std::map<Key, std::unique_ptr<xds::DiscoveryClient>> streams_;

  event::FileWatcher watcher_;
  xds::files::FileThread& file_thread_;
  std::map<std::string, std::unique_ptr<xds::files::FileSource>>
      files_;  // by the serialised message
};

}  // namespace weir::discovery
