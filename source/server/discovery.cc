#include "source/server/discovery.h"

#include <utility>
#include <vector>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "source/discovery/discovery_types.h"
#include "source/discovery/take_resource.h"
#include "source/xds/subscription.h"

namespace weir::server {

using admin::ResourceKind;

// Everything of one type, and whether there was any answer yet.
class Discovery::CompleteSet : public xds::ResourceSink {
 public:
  CompleteSet(Discovery& discovery, const xds::ResourceOrigin& origin, xds::ResourceType type)
      : discovery_(discovery), origin_(origin) {
    xds::SubscriptionOptions options;
    type.refuses_empty_set = discovery.refuses_empty_sets_;
    options.initial_fetch_timeout_ms = origin.initial_fetch_timeout_ms;
    subscription_ = origin.source->Subscribe(std::move(type), options, *this);
    subscription_->AddAll();
  }

  std::vector<xds::Refusal> OnUpdate(const xds::Update& update) final {
    const discovery::ConfigSources::Inside inside(discovery_.sources_, origin_);
    std::vector<xds::Refusal> refusals;
    Apply(update, refusals);
    if (update.is_last) NoteAnswer();
    return refusals;
  }
  void OnFetchTimeout(absl::Span<const std::string>) final { NoteAnswer(); }

 protected:
  virtual void Apply(const xds::Update& update, std::vector<xds::Refusal>& refusals) = 0;

  Discovery& discovery_;

 private:
  void NoteAnswer() {
    if (!std::exchange(has_answer_, true)) discovery_.OnFirstAnswer();
  }

  const xds::ResourceOrigin& origin_;
  std::unique_ptr<xds::Subscription> subscription_;
  bool has_answer_ = false;
};

class Discovery::Clusters final : public CompleteSet {
 public:
  Clusters(Discovery& discovery, const xds::ResourceOrigin& origin)
      : CompleteSet(discovery, origin, discovery::ClusterType()) {}

 private:
  void Apply(const xds::Update& update, std::vector<xds::Refusal>& refusals) override {
    for (const xds::Resource& resource : update.changed) {
      discovery::TakeResource<envoy::config::cluster::v3::Cluster>(
          resource, ResourceKind::kCluster, discovery_.dump_, refusals,
          [&](const auto& proto, config::Faults& faults) {
            return discovery_.cluster_manager_.AddOrUpdate(proto, true, resource.version.view(),
                                                           faults);
          });
    }
    for (const std::string& name : update.removed) {
      if (discovery_.cluster_manager_.Remove(name)) {
        discovery_.dump_.Remove(ResourceKind::kCluster, name);
      }
    }
  }
};

class Discovery::Listeners final : public CompleteSet {
 public:
  Listeners(Discovery& discovery, const xds::ResourceOrigin& origin)
      : CompleteSet(discovery, origin, discovery::ListenerType()) {}

 private:
  // Removals first: an address may go from one listener to another in one update.
  void Apply(const xds::Update& update, std::vector<xds::Refusal>& refusals) override {
    for (const std::string& name : update.removed) {
      if (discovery_.listener_manager_.Remove(name)) {
        discovery_.dump_.Remove(ResourceKind::kListener, name);
      }
    }
    for (const xds::Resource& resource : update.changed) {
      discovery::TakeResource<envoy::config::listener::v3::Listener>(
          resource, ResourceKind::kListener, discovery_.dump_, refusals,
          [&](const auto& proto, config::Faults& faults) {
            return discovery_.listener_manager_.AddOrUpdate(proto, true, faults);
          });
    }
  }
};

Discovery::Discovery(bool refuses_empty_sets, discovery::ConfigSources& sources,
                     clusters::ClusterManager& clusters, ListenerManager& listeners,
                     admin::ConfigDump& dump)
    : refuses_empty_sets_(refuses_empty_sets),
      sources_(sources),
      cluster_manager_(clusters),
      listener_manager_(listeners),
      dump_(dump) {}

Discovery::~Discovery() = default;

void Discovery::BeginClusters(const xds::ResourceOrigin& origin) {
  ++unanswered_;
  clusters_ = std::make_unique<Clusters>(*this, origin);
}

void Discovery::BeginListeners(const xds::ResourceOrigin& origin) {
  ++unanswered_;
  listeners_ = std::make_unique<Listeners>(*this, origin);
}

void Discovery::OnFirstAnswer() {
  --unanswered_;
  if (unanswered_ == 0 && answered_) answered_();
}

}  // namespace weir::server
