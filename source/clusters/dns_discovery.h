// Endpoints of a STRICT_DNS or LOGICAL_DNS cluster: templates with names in, endpoints with
// addresses out, whenever an answer changes them. Main thread.
//
// STRICT_DNS: every address of every name is an endpoint. LOGICAL_DNS: the one name is one endpoint
// for ever, identified by the first address it had; what changes is where new connections go.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "source/balancing/endpoint_config.h"
#include "source/clusters/dns_lookup.h"
#include "source/clusters/host_discovery.h"

namespace weir::clusters {

// Who wants the endpoints.
class DnsListener {
 public:
  // `logical_address` is set for LOGICAL_DNS only.
  virtual void OnEndpoints(balancing::Assignment assignment,
                           const net::Address& logical_address) = 0;
  virtual void OnLookup(DnsLookup::Outcome outcome) = 0;
  // Every name was looked up once. Called once, after OnEndpoints.
  virtual void OnSettled() = 0;

 protected:
  ~DnsListener() = default;
};

class DnsDiscovery final : public HostDiscovery {
 public:
  // `resolver` is used unless the cluster configures its own; it and `config` outlive this.
  DnsDiscovery(event::Loop& main, net::DnsResolver& resolver, const upstream::ClusterConfig& config,
               balancing::Assignment templates, DnsListener& listener);
  // Makes the cluster's own resolver, if it has one.
  absl::Status Prepare() override;
  // Settles at once when there is no name to look up.
  void Start() override;

 private:
  void OnOutcome(DnsLookup::Outcome outcome);
  void Publish();
  void PublishLogical();
  void MakeLookups();

  event::Loop& main_;
  net::DnsResolver* resolver_;
  const upstream::ClusterConfig& config_;
  const balancing::Assignment templates_;
  DnsListener& listener_;
  std::unique_ptr<net::DnsResolver> own_resolver_;
  std::vector<std::unique_ptr<DnsLookup>> lookups_;  // one a name
  std::vector<DnsLookup*> lookup_of_;                // of each template; null: it has an address
  net::Address identity_;                            // of the logical host
  bool is_settled_ = false;
};

}  // namespace weir::clusters
