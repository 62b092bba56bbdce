// What a ConfigSource means: the aggregated stream, a stream of its own, a file; and `self`, the
// source of the resource that it stands in. Sources are shared by all who name the same one, and
// stay until the end. Main thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "envoy/config/core/v3/config_source.pb.h"
#include "source/config/faults.h"
#include "source/xds/resource_origin.h"
#include "source/xds/subscription.h"

namespace weir::server {

class ConfigSources {
 public:
  ConfigSources() = default;
  ConfigSources(const ConfigSources&) = delete;
  ConfigSources& operator=(const ConfigSources&) = delete;

  // The stream of dynamic_resources.ads_config; outlives all use of what is resolved.
  void SetAggregated(xds::ResourceSource& ads) { ads_ = &ads; }

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

  xds::ResourceSource* ads_ = nullptr;
  const ConfigSource* self_ = nullptr;  // null: what is worked on is static
  std::map<Key, std::unique_ptr<Origin>> origins_;
};

}  // namespace weir::server
