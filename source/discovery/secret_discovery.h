// SDS: certificates, validation contexts and ticket keys, from wherever each reference says that
// they come. Main thread.
#pragma once

#include <string>
#include <vector>

#include "source/admin/config_dump.h"
#include "source/discovery/config_sources.h"
#include "source/tls/secret_manager.h"
#include "source/tls/secret_source.h"
#include "source/xds/named_resources.h"

namespace weir::discovery {

class SecretDiscovery final : public tls::SecretSource, private xds::NamedResourceSink {
 public:
  // Becomes the manager's source until it ends.
  SecretDiscovery(ConfigSources& sources, tls::SecretManager& secrets, admin::ConfigDump& dump);
  ~SecretDiscovery() override;

  // See NamedResources::Open().
  void Open(xds::ResourceSource& source) { resources_.Open(source); }

  // tls::SecretSource
  const xds::ResourceOrigin* Resolve(const envoy::config::core::v3::ConfigSource& proto,
                                     config::Faults& faults) override;
  void BeginUse(const xds::ResourceOrigin& origin, const std::string& name) override;
  void EndUse(const xds::ResourceOrigin& origin, const std::string& name) override;

 private:
  // xds::NamedResourceSink
  std::vector<xds::Refusal> OnUpdate(xds::ResourceSource& source,
                                     const xds::Update& update) override;
  void OnFetchTimeout(xds::ResourceSource& source, absl::Span<const std::string> names) override;

  void GiveUp(const xds::ResourceSource& source, absl::Span<const std::string> names,
              admin::ResourceStatus status);

  ConfigSources& sources_;
  tls::SecretManager& secrets_;
  admin::ConfigDump& dump_;
  xds::NamedResources resources_;
};

}  // namespace weir::discovery
