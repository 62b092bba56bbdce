// Tested by test/integration/secret_discovery_test.py
#include "source/discovery/secret_discovery.h"

#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "source/discovery/discovery_types.h"
#include "source/discovery/take_resource.h"

namespace weir::discovery {

SecretDiscovery::SecretDiscovery(ConfigSources& sources, tls::SecretManager& secrets,
                                 admin::ConfigDump& dump)
    : sources_(sources), secrets_(secrets), dump_(dump), resources_(SecretType(), *this) {
  secrets_.set_source(this);
}

SecretDiscovery::~SecretDiscovery() { secrets_.set_source(nullptr); }

const xds::ResourceOrigin* SecretDiscovery::Resolve(
    const envoy::config::core::v3::ConfigSource& proto, config::Faults& faults) {
  return sources_.Resolve(proto, SecretType(), faults);
}

void SecretDiscovery::BeginUse(const xds::ResourceOrigin& origin, const std::string& name) {
  dump_.Request(admin::ResourceKind::kSecret, name);
  resources_.Add(origin, name);
}

void SecretDiscovery::EndUse(const xds::ResourceOrigin& origin, const std::string& name) {
  if (resources_.Remove(origin, name)) dump_.Remove(admin::ResourceKind::kSecret, name);
}

std::vector<xds::Refusal> SecretDiscovery::OnUpdate(xds::ResourceSource& source,
                                                    const xds::Update& update) {
  std::vector<xds::Refusal> refusals;
  for (const xds::Resource& resource : update.changed) {
    TakeResource<envoy::extensions::transport_sockets::tls::v3::Secret>(
        resource, admin::ResourceKind::kSecret, dump_, refusals,
        [&](const auto& proto, config::Faults& faults) {
          return secrets_.Deliver(source, proto, faults);
        });
  }
  // What serves stays; who waits need not any longer.
  GiveUp(source, update.removed, admin::ResourceStatus::kDoesNotExist);
  return refusals;
}

void SecretDiscovery::OnFetchTimeout(xds::ResourceSource& source,
                                     absl::Span<const std::string> names) {
  GiveUp(source, names, admin::ResourceStatus::kTimeout);
}

void SecretDiscovery::GiveUp(const xds::ResourceSource& source, absl::Span<const std::string> names,
                             admin::ResourceStatus status) {
  for (const std::string& name : names) {
    dump_.SetAbsent(admin::ResourceKind::kSecret, name, status);
    secrets_.GiveUp(source, name);
  }
}

}  // namespace weir::discovery
