// The hosts of a cluster of type ORIGINAL_DST, as main has them: those that requests asked workers
// for come, and those that nothing has used for an interval go. Main thread.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "source/balancing/destination_table.h"
#include "source/clusters/host_discovery.h"
#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/upstream/cluster_config.h"

namespace weir::clusters {

class DestinationDiscovery final : public HostDiscovery {
 public:
  using Hosts = std::vector<balancing::HostPtr>;
  // Not both empty. The discovery must not be destroyed in it.
  using OnChange = std::function<void(const Hosts& added, Hosts removed)>;

  // `config` and `table` outlive it; the table is not yet shared.
  DestinationDiscovery(event::Loop& main, const upstream::DestinationConfig& config,
                       balancing::DestinationTable& table, OnChange on_change);

  absl::Status Prepare() override { return absl::OkStatus(); }
  void Start() override {}

 private:
  void OnNew();
  void TakeNew();
  void CleanUp();
  Hosts RetireUnused();

  const upstream::DestinationConfig& config_;
  balancing::DestinationTable& table_;
  const OnChange on_change_;
  std::vector<balancing::DestinationHostPtr> hosts_;
  event::Timer timer_;  // armed while there are hosts
  event::Timer pace_;   // armed while new ones have to wait
  // What comes from workers finds it by this.
  const std::shared_ptr<DestinationDiscovery*> self_ =
      std::make_shared<DestinationDiscovery*>(this);
};

}  // namespace weir::clusters
