#include "source/server/secret_discovery.h"

#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "source/config/load.h"
#include "source/server/discovery_types.h"

namespace weir::server {

SecretDiscovery::SecretDiscovery(ConfigSources& sources, tls::SecretManager& secrets)
    : sources_(sources), secrets_(secrets), resources_(SecretType(), *this) {
  secrets_.set_source(this);
}

SecretDiscovery::~SecretDiscovery() { secrets_.set_source(nullptr); }

const xds::ResourceOrigin* SecretDiscovery::Resolve(
    const envoy::config::core::v3::ConfigSource& proto, config::Faults& faults) {
  return sources_.Resolve(proto, SecretType(), faults);
}

void SecretDiscovery::BeginUse(const xds::ResourceOrigin& origin, const std::string& name) {
  resources_.Add(origin, name);
}

void SecretDiscovery::EndUse(const xds::ResourceOrigin& origin, const std::string& name) {
  resources_.Remove(origin, name);
}

std::vector<xds::Refusal> SecretDiscovery::OnUpdate(xds::ResourceSource& source,
                                                    const xds::Update& update) {
  std::vector<xds::Refusal> refusals;
  for (const xds::Resource& resource : update.changed) {
    config::Faults faults;
    envoy::extensions::transport_sockets::tls::v3::Secret proto;
    if (config::Unpack(*resource.body, proto, faults) && secrets_.Deliver(source, proto, faults)) {
      continue;
    }
    refusals.push_back({std::string(resource.name), FaultLines(faults)});
  }
  // What serves stays; who waits need not any longer.
  for (const std::string& name : update.removed) secrets_.GiveUp(source, name);
  return refusals;
}

void SecretDiscovery::OnFetchTimeout(xds::ResourceSource& source,
                                     absl::Span<const std::string> names) {
  for (const std::string& name : names) secrets_.GiveUp(source, name);
}

}  // namespace weir::server
