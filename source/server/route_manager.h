// Route tables that the control plane names and fills (RDS). A table is asked for when the first
// listener names it and forgotten when the last one that did is gone. Main thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/admin/config_dump.h"
#include "source/event/loop.h"
#include "source/filter/factory_context.h"
#include "source/filter/registry.h"
#include "source/xds/subscription.h"

namespace weir::server {

class RouteManager final : public filter::RouteSource, private xds::ResourceSink {
 public:
  RouteManager(event::Loop& main, const filter::ExtensionRegistry& registry,
               upstream::ClusterManager& clusters, admin::ConfigDump& dump);
  ~RouteManager() override;

  // Where tables come from; without it Subscribe returns null.
  void UseSource(xds::ResourceSource& source);
  // `changed` runs whenever a table came for the first time, or was given up on.
  void SetReadyChanged(std::function<void()> changed) { ready_changed_ = std::move(changed); }
  // The table is there, or nobody waits for it any longer.
  bool IsReady(const filter::RouteTableHandle& handle) const;

  // filter::RouteSource
  std::shared_ptr<filter::RouteTableHandle> Subscribe(std::string_view name) override;

 private:
  struct Entry {
    std::weak_ptr<filter::RouteTableHandle> handle;
    bool timed_out = false;
  };

  // xds::ResourceSink
  std::vector<xds::Refusal> OnUpdate(const xds::Update& update) override;
  void OnFetchTimeout(absl::Span<const std::string> names) override;

  void Apply(const xds::Resource& resource, std::vector<xds::Refusal>& refusals);
  void Forget(const std::string& name);

  event::Loop& main_;
  const filter::ExtensionRegistry& registry_;
  upstream::ClusterManager& clusters_;
  admin::ConfigDump& dump_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::unique_ptr<xds::Subscription> subscription_;
  std::function<void()> ready_changed_;
  // What handles hold of us, weakly: they may outlive us.
  std::shared_ptr<RouteManager*> self_;
};

}  // namespace weir::server
