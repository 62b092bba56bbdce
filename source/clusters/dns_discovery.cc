#include "source/clusters/dns_discovery.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace weir::clusters {

DnsDiscovery::DnsDiscovery(event::Loop& main, net::DnsResolver& resolver,
                           const upstream::ClusterConfig& config, balancing::Assignment templates,
                           DnsListener& listener)
    : main_(main),
      resolver_(&resolver),
      config_(config),
      templates_(std::move(templates)),
      listener_(listener) {}

absl::Status DnsDiscovery::Prepare() {
  if (!config_.dns->resolver.has_value()) return absl::OkStatus();
  auto made = net::DnsResolver::Create(main_, *config_.dns->resolver);
  if (!made.ok()) return made.status();
  own_resolver_ = *std::move(made);
  resolver_ = own_resolver_.get();
  return absl::OkStatus();
}

void DnsDiscovery::Start() {
  MakeLookups();
  for (const auto& lookup : lookups_) lookup->Start();
  if (!lookups_.empty()) return;
  is_settled_ = true;
  Publish();
  listener_.OnSettled();
}

void DnsDiscovery::MakeLookups() {
  absl::flat_hash_map<std::string, DnsLookup*> by_name;
  for (const balancing::EndpointConfig& endpoint : templates_.endpoints) {
    DnsLookup* lookup = nullptr;
    if (!endpoint.dns_name.empty()) {
      DnsLookup*& known = by_name[endpoint.dns_name];
      if (known == nullptr) {
        lookups_.push_back(std::make_unique<DnsLookup>(
            main_, *resolver_, *config_.dns, endpoint.dns_name,
            [this](DnsLookup::Outcome outcome) { OnOutcome(outcome); }));
        known = lookups_.back().get();
      }
      lookup = known;
    }
    lookup_of_.push_back(lookup);
  }
}

void DnsDiscovery::OnOutcome(DnsLookup::Outcome outcome) {
  listener_.OnLookup(outcome);
  if (config_.type == upstream::DiscoveryType::kLogicalDns) {
    PublishLogical();
  } else {
    Publish();
  }
  const auto settled = [](const auto& lookup) { return lookup->is_settled(); };
  if (is_settled_ || !std::all_of(lookups_.begin(), lookups_.end(), settled)) return;
  is_settled_ = true;
  listener_.OnSettled();
}

void DnsDiscovery::Publish() {
  balancing::Assignment found;
  found.overprovisioning_percent = templates_.overprovisioning_percent;
  for (size_t i = 0; i < templates_.endpoints.size(); ++i) {
    balancing::EndpointConfig endpoint = templates_.endpoints[i];
    endpoint.dns_name.clear();
    if (lookup_of_[i] == nullptr) {
      found.endpoints.push_back(std::move(endpoint));
      continue;
    }
    for (const net::Address& address : lookup_of_[i]->addresses()) {
      endpoint.address = address.WithPort(endpoint.dns_port);
      found.endpoints.push_back(endpoint);
    }
  }
  listener_.OnEndpoints(std::move(found), net::Address());
}

// A name that lost its addresses keeps the last one: the host would otherwise come and go.
void DnsDiscovery::PublishLogical() {
  const std::vector<net::Address>& addresses = lookups_.front()->addresses();
  if (addresses.empty()) return;
  balancing::EndpointConfig endpoint = templates_.endpoints.front();
  const net::Address newest = addresses.front().WithPort(endpoint.dns_port);
  if (!identity_.is_set()) identity_ = newest;
  endpoint.dns_name.clear();
  endpoint.address = identity_;
  balancing::Assignment found;
  found.overprovisioning_percent = templates_.overprovisioning_percent;
  found.endpoints.push_back(std::move(endpoint));
  listener_.OnEndpoints(std::move(found), newest);
}

}  // namespace weir::clusters
