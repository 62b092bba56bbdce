// A cluster manager with a main loop and two workers, all turned by the test's own thread.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "source/base/strings.h"
#include "source/base/thread.h"
#include "source/clusters/cluster_manager.h"
#include "source/upstream/worker_cluster.h"
#include "test/clusters/fake_resolver.h"
#include "test/clusters/proto_fixture.h"
#include "test/support/manual_clock.h"
#include "test/upstream/backend.h"
#include "test/upstream/stream_client.h"

namespace weir::clusters {

// Who asks for which endpoints.
class WantedEndpoints final : public EndpointSource {
 public:
  const xds::ResourceOrigin* Resolve(const envoy::config::core::v3::ConfigSource& proto,
                                     config::Faults&) override {
    return proto.has_self() ? &elsewhere : &origin;
  }
  void BeginUse(const xds::ResourceOrigin& from, std::string_view name) override {
    if (keeps_names) names.insert(Described(from, name));
  }
  void EndUse(const xds::ResourceOrigin& from, std::string_view name) override {
    if (!keeps_names) return;
    names.erase(names.find(Described(from, name)));
  }
  std::string Described(const xds::ResourceOrigin& from, std::string_view name) const {
    return base::StrCat(&from == &elsewhere ? "elsewhere: " : "", name);
  }
  // Known by their addresses alone.
  xds::ResourceSource* source_of(int number) {
    return reinterpret_cast<xds::ResourceSource*>(number);
  }
  const xds::ResourceOrigin origin{source_of(1)}, elsewhere{source_of(2)};
  std::multiset<std::string> names;
  bool keeps_names = true;
};

class RegistryFixture : public testing::Test {
 protected:
  RegistryFixture() {
    ClusterManager::Options options(main_, store_);
    options.workers = {&workers_[0], &workers_[1]};
    options.dns = &resolver_;
    options.endpoints = &wanted_;
    manager_ = ClusterManager::Create(options);
    Turn();
  }
  ~RegistryFixture() override {
    Turn(5);
    base::SetThreadIndex(base::kMainThread);
    manager_.reset();
    Turn(5);
  }

  bool Add(std::string_view yaml, bool via_api = true, std::string_view version = "v1") {
    base::SetThreadIndex(base::kMainThread);
    config::Faults faults;
    const bool added = manager_->AddOrUpdate(ClusterFromYaml(yaml), via_api, version, faults);
    faults_ = faults.ToString();
    ignored_count_ = faults.ignored().size();
    return added;
  }
  // A STATIC cluster "web" with the given endpoints and further fields.
  bool AddStatic(const std::vector<net::Address>& addresses, std::string_view more = {}) {
    return Add(base::StrCat("{name: web, load_assignment: ", AssignmentYaml("web", addresses),
                            more.empty() ? "" : ", ", more, "}"));
  }
  bool AddEds(std::string_view name, std::string_view service = {}, std::string_view more = {}) {
    return Add(base::StrCat("{name: ", name, ", type: EDS, eds_cluster_config: {service_name: '",
                            service, "', eds_config: {ads: {}}}", more.empty() ? "" : ", ", more,
                            "}"));
  }
  bool UpdateEndpoints(std::string_view name, const std::vector<net::Address>& addresses) {
    return UpdateEndpoints(AssignmentYaml(name, addresses));
  }
  bool UpdateEndpoints(std::string_view yaml) {
    base::SetThreadIndex(base::kMainThread);
    config::Faults faults;
    const bool updated = manager_->UpdateEndpoints(source_, AssignmentFromYaml(yaml), faults);
    faults_ = faults.ToString();
    return updated;
  }
  static std::string AssignmentYaml(std::string_view name,
                                    const std::vector<net::Address>& addresses) {
    std::string yaml = base::StrCat("{cluster_name: ", name, ", endpoints: [{lb_endpoints: [");
    for (const net::Address& address : addresses) {
      base::StrAppend(&yaml, "{endpoint: {address: {socket_address: {address: '",
                      address.IpString(), "', port_value: ", address.port(), "}}}},");
    }
    return yaml + "]}]}";
  }
  static net::Address Ip(int number) {
    return *net::Address::ParseIp(base::StrCat("10.0.0.", number), 80);
  }

  // The cluster as worker 0 or 1 sees it.
  upstream::WorkerCluster* At(int worker, std::string_view name = "web") {
    ClusterSlot& slot = manager_->Slot(name);
    base::SetThreadIndex(worker + 1);
    return static_cast<upstream::WorkerCluster*>(slot.Here());
  }
  std::shared_ptr<const balancing::HostSet> HostsOf(std::string_view name = "web") {
    upstream::WorkerCluster* const local = At(0, name);
    return local == nullptr ? nullptr : local->cluster().hosts().Load();
  }
  size_t HostCount(std::string_view name = "web") {
    const auto hosts = HostsOf(name);
    return hosts == nullptr ? 0 : hosts->hosts().size();
  }

  void Turn(int count = 1) {
    for (int i = 0; i < count; ++i) {
      main_.RunReady();
      for (event::Loop& worker : workers_) worker.RunReady();
    }
  }
  bool TurnUntil(const std::function<bool()>& is_done, int most = 5000) {
    for (int i = 0; i < most; ++i) {
      if (is_done()) return true;
      Turn();
    }
    return false;
  }
  void Advance(int64_t ms) {
    clock_.AdvanceMs(ms);
    Turn(3);
  }
  void Ask(upstream::StreamClient& client, int worker) { client.Ask(*At(worker)); }

  test::ManualClock clock_;
  event::Loop main_{"main", base::kMainThread, clock_};
  event::Loop workers_[2] = {{"worker-1", 1, clock_}, {"worker-2", 2, clock_}};
  stats::Store store_;
  FakeResolver resolver_;
  WantedEndpoints wanted_;
  const xds::ResourceSource* source_ = wanted_.origin.source;
  upstream::Backend backend_;
  std::unique_ptr<ClusterManager> manager_;
  std::string faults_;
  size_t ignored_count_ = 0;
};

}  // namespace weir::clusters
