// Route tables that the control plane names and fills (RDS). A table is asked for when the first
// listener names it and forgotten when the last one that did is gone.
//
//   update ──► built, over turns ──► waits for clusters ──► serves
//                    └── refused: the old one serves on
//
// Building takes as many turns as the table needs, and only what changed is read. A new table that
// names clusters which are not there yet waits for them, for 5 s at most, while the old one serves:
// so the order in which a control plane pushes does not matter. Main thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/admin/config_dump.h"
#include "source/clusters/cluster_references.h"
#include "source/discovery/config_sources.h"
#include "source/discovery/gradual_release.h"
#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/filter/factory_context.h"
#include "source/filter/registry.h"
#include "source/stats/stats.h"
#include "source/xds/named_resources.h"

namespace weir::event {
class TurnBudget;
}
namespace weir::filter {
class RouteTableBuild;
}

namespace weir::discovery {

// "http.rds"
struct RouteManagerStats {
  stats::Gauge tables_waiting;          // for clusters that they name
  stats::Counter cluster_wait_timeout;  // went live without
  // Of tables that were accepted: those that had to be read, and those that are as they were.
  stats::Counter virtual_hosts_read;
  stats::Counter virtual_hosts_kept;
  static constexpr stats::Metric kMetrics[] = {WEIR_METRIC(RouteManagerStats, tables_waiting),
                                               WEIR_METRIC(RouteManagerStats, cluster_wait_timeout),
                                               WEIR_METRIC(RouteManagerStats, virtual_hosts_read),
                                               WEIR_METRIC(RouteManagerStats, virtual_hosts_kept)};
};

class RouteManager final : public filter::RouteSource, private xds::NamedResourceSink {
 public:
  struct Context {
    event::Loop& main;
    stats::Store& stats;
    const filter::ExtensionRegistry& registry;
    clusters::ClusterManager& clusters;
    ConfigSources& sources;
    admin::ConfigDump& dump;
  };
  explicit RouteManager(const Context& context);
  ~RouteManager() override;

  // See NamedResources::Open().
  void Open(xds::ResourceSource& source) { resources_.Open(source); }
  // `changed` runs whenever a table came for the first time, or was given up on.
  void SetReadyChanged(std::function<void()> changed) { ready_changed_ = std::move(changed); }
  // The table is there, or nobody waits for it any longer.
  bool IsReady(const filter::RouteTableHandle& handle) const;

  // filter::RouteSource
  std::shared_ptr<filter::RouteTableHandle> Subscribe(
      const envoy::config::core::v3::ConfigSource& source, std::string_view name,
      config::Faults& faults) override;

 private:
  struct Handle;
  struct Next;
  struct Entry;
  // What there is of an update that takes several turns.
  struct Work {
    std::deque<xds::Resource> resources;             // in order; the first is being built
    std::unique_ptr<filter::RouteTableBuild> build;  // of the first; null: it is not begun
  };
  using Key = std::pair<const xds::ResourceSource*, std::string>;

  // xds::NamedResourceSink
  std::vector<xds::Refusal> OnUpdate(xds::ResourceSource& source,
                                     const xds::Update& update) override;
  bool IsDone(const xds::ResourceSource& source) const override;
  std::vector<xds::Refusal> Continue(xds::ResourceSource& source) override;
  void OnFetchTimeout(xds::ResourceSource& source, absl::Span<const std::string> names) override;

  Entry* Find(const xds::ResourceSource& source, std::string_view name) const;
  bool BuildFirst(const xds::ResourceSource& source, Work& work, const event::TurnBudget& budget,
                  std::vector<xds::Refusal>& refusals);
  bool Take(Entry& entry, filter::RouteTableBuild& build);
  void GiveUp(const xds::ResourceSource& source, absl::Span<const std::string> names,
              admin::ResourceStatus status);
  // Publishes what need not wait any longer.
  void GoOn();
  bool PublishIfReady(Entry& entry);
  void Release(const filter::RouteTableHandle& handle);
  void Forget(const xds::ResourceOrigin& origin, const std::string& name);

  const Context context_;
  const std::shared_ptr<stats::Group<RouteManagerStats>> stats_;
  xds::NamedResources resources_;
  std::map<Key, std::unique_ptr<Entry>> entries_;
  std::map<const xds::ResourceSource*, Work> works_;  // few
  GradualRelease old_tables_;
  int waiting_count_ = 0;
  event::Timer wait_timer_;
  std::function<void()> ready_changed_;
  // What handles hold of us, weakly: they may outlive us.
  std::shared_ptr<RouteManager*> self_;
};

}  // namespace weir::discovery
