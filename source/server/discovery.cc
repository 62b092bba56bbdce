#include "source/server/discovery.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "source/base/log.h"
#include "source/config/load.h"
#include "source/server/discovery_types.h"

namespace weir::server {

namespace {

using admin::ResourceKind;

// Common to the sinks: unpack, apply, and say in the dump what became of it.
template <class Message, class Apply>
void Take(const xds::Resource& resource, ResourceKind kind, admin::ConfigDump& dump,
          std::vector<xds::Refusal>& refusals, Apply&& apply) {
  config::Faults faults;
  Message proto;
  if (config::Unpack(*resource.body, proto, faults) && apply(proto, faults)) {
    dump.Set(kind, resource.name, resource.version, false, *resource.body, faults);
    return;
  }
  refusals.push_back({std::string(resource.name), FaultLines(faults)});
  dump.Refuse(kind, resource.name, resource.version, *resource.body, refusals.back().text);
}

}  // namespace

class Discovery::Clusters final : public xds::ResourceSink {
 public:
  Clusters(Discovery& discovery, upstream::ClusterManager& manager, admin::ConfigDump& dump)
      : discovery_(discovery), manager_(manager), dump_(dump) {}

  void Begin(xds::ResourceSource& source, int64_t timeout_ms) {
    xds::SubscriptionOptions options;
    options.initial_fetch_timeout_ms = timeout_ms;
    subscription_ = source.Subscribe(ClusterType(), options, *this);
    subscription_->AddAll();
  }

  std::vector<xds::Refusal> OnUpdate(const xds::Update& update) override {
    std::vector<xds::Refusal> refusals;
    for (const xds::Resource& resource : update.changed) {
      Take<envoy::config::cluster::v3::Cluster>(resource, ResourceKind::kCluster, dump_, refusals,
                                                [&](const auto& proto, config::Faults& faults) {
                                                  return manager_.AddOrUpdate(
                                                      proto, true, resource.version, faults);
                                                });
    }
    for (const std::string& name : update.removed) {
      if (manager_.Remove(name)) dump_.Remove(ResourceKind::kCluster, name);
    }
    if (update.is_last && !std::exchange(has_answer_, true)) discovery_.OnFirstAnswer();
    return refusals;
  }

  void OnFetchTimeout(absl::Span<const std::string>) override {
    if (!std::exchange(has_answer_, true)) discovery_.OnFirstAnswer();
  }

 private:
  Discovery& discovery_;
  upstream::ClusterManager& manager_;
  admin::ConfigDump& dump_;
  std::unique_ptr<xds::Subscription> subscription_;
  bool has_answer_ = false;
};

class Discovery::Endpoints final : public xds::ResourceSink {
 public:
  Endpoints(upstream::ClusterManager& manager, admin::ConfigDump& dump)
      : manager_(manager), dump_(dump) {}

  void Begin(xds::ResourceSource& source) {
    subscription_ = source.Subscribe(EndpointType(), {}, *this);
    manager_.SetEdsNamesChanged([this] { FollowNames(); });
    FollowNames();
  }

  std::vector<xds::Refusal> OnUpdate(const xds::Update& update) override {
    std::vector<xds::Refusal> refusals;
    for (const xds::Resource& resource : update.changed) {
      Take<envoy::config::endpoint::v3::ClusterLoadAssignment>(
          resource, ResourceKind::kEndpoint, dump_, refusals,
          [&](const auto& proto, config::Faults& faults) {
            return manager_.UpdateEndpoints(proto, resource.version, faults);
          });
    }
    return refusals;
  }

  void OnFetchTimeout(absl::Span<const std::string> names) override {
    for (const std::string& name : names) manager_.EndpointsTimedOut(name);
  }

 private:
  void FollowNames() {
    std::vector<std::string> wanted = manager_.EdsNames();
    std::set<std::string> next(wanted.begin(), wanted.end());
    for (const std::string& name : next) {
      if (!names_.contains(name)) subscription_->Add(name);
    }
    for (const std::string& name : names_) {
      if (next.contains(name)) continue;
      subscription_->Remove(name);
      dump_.Remove(ResourceKind::kEndpoint, name);
    }
    names_ = std::move(next);
  }

  upstream::ClusterManager& manager_;
  admin::ConfigDump& dump_;
  std::set<std::string> names_;
  std::unique_ptr<xds::Subscription> subscription_;
};

class Discovery::Listeners final : public xds::ResourceSink {
 public:
  Listeners(Discovery& discovery, ListenerManager& manager, admin::ConfigDump& dump)
      : discovery_(discovery), manager_(manager), dump_(dump) {}

  void Begin(xds::ResourceSource& source, int64_t timeout_ms) {
    xds::SubscriptionOptions options;
    options.initial_fetch_timeout_ms = timeout_ms;
    subscription_ = source.Subscribe(ListenerType(), options, *this);
    subscription_->AddAll();
  }

  // Removals first: an address may go from one listener to another in one update.
  std::vector<xds::Refusal> OnUpdate(const xds::Update& update) override {
    for (const std::string& name : update.removed) {
      if (manager_.Remove(name)) dump_.Remove(ResourceKind::kListener, name);
    }
    std::vector<xds::Refusal> refusals;
    for (const xds::Resource& resource : update.changed) {
      Take<envoy::config::listener::v3::Listener>(
          resource, ResourceKind::kListener, dump_, refusals,
          [&](const auto& proto, config::Faults& faults) {
            return manager_.AddOrUpdate(proto, true, faults);
          });
    }
    if (update.is_last && !std::exchange(has_answer_, true)) discovery_.OnFirstAnswer();
    return refusals;
  }

  void OnFetchTimeout(absl::Span<const std::string>) override {
    if (!std::exchange(has_answer_, true)) discovery_.OnFirstAnswer();
  }

 private:
  Discovery& discovery_;
  ListenerManager& manager_;
  admin::ConfigDump& dump_;
  std::unique_ptr<xds::Subscription> subscription_;
  bool has_answer_ = false;
};

Discovery::Discovery(upstream::ClusterManager& clusters, ListenerManager& listeners,
                     RouteManager& routes, admin::ConfigDump& dump)
    : clusters_(std::make_unique<Clusters>(*this, clusters, dump)),
      endpoints_(std::make_unique<Endpoints>(clusters, dump)),
      listeners_(std::make_unique<Listeners>(*this, listeners, dump)),
      routes_(routes) {}

Discovery::~Discovery() = default;

void Discovery::Begin(xds::ResourceSource& source, const Wants& wants) {
  unanswered_ = (wants.clusters ? 1 : 0) + (wants.listeners ? 1 : 0);
  if (wants.clusters) clusters_->Begin(source, wants.clusters_timeout_ms);
  endpoints_->Begin(source);
  if (wants.listeners) listeners_->Begin(source, wants.listeners_timeout_ms);
  routes_.UseSource(source);
}

void Discovery::OnFirstAnswer() {
  --unanswered_;
  if (unanswered_ == 0 && answered_) answered_();
}

}  // namespace weir::server
