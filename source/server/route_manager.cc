#include "source/server/route_manager.h"

#include <memory>
#include <utility>

#include "envoy/config/route/v3/route.pb.h"
#include "source/config/load.h"
#include "source/filter/route_table_builder.h"
#include "source/server/discovery_types.h"

namespace weir::server {

RouteManager::RouteManager(event::Loop& main, const filter::ExtensionRegistry& registry,
                           upstream::ClusterManager& clusters, admin::ConfigDump& dump)
    : main_(main),
      registry_(registry),
      clusters_(clusters),
      dump_(dump),
      self_(std::make_shared<RouteManager*>(this)) {}

RouteManager::~RouteManager() = default;

void RouteManager::UseSource(xds::ResourceSource& source) {
  subscription_ = source.Subscribe(RouteType(), {}, *this);
}

std::shared_ptr<filter::RouteTableHandle> RouteManager::Subscribe(std::string_view name) {
  if (subscription_ == nullptr) return nullptr;
  auto found = entries_.find(name);
  if (found != entries_.end()) {
    if (auto handle = found->second.handle.lock()) return handle;
    // The last user is gone, which is not dealt with yet: ask anew, or nothing would be delivered.
    subscription_->Remove(name);
  }
  std::string key(name);
  // The last user may be a connection on a worker: what follows is the main thread's.
  std::shared_ptr<filter::RouteTableHandle> handle(
      new filter::RouteTableHandle(&main_),
      [self = std::weak_ptr<RouteManager*>(self_), &main = main_](filter::RouteTableHandle* gone) {
        // Owned by the work, so that it ends with a loop that does not come to it any more.
        main.Post([self, handle = std::unique_ptr<filter::RouteTableHandle>(gone)] {
          if (const auto manager = self.lock()) (*manager)->Forget(handle->name);
        });
      });
  handle->name = key;
  entries_[key] = {handle, false};
  subscription_->Add(key);
  return handle;
}

void RouteManager::Forget(const std::string& name) {
  const auto found = entries_.find(name);
  // It may have been asked for anew meanwhile.
  if (found == entries_.end() || !found->second.handle.expired()) return;
  entries_.erase(found);
  subscription_->Remove(name);
  dump_.Remove(admin::ResourceKind::kRoute, name);
}

bool RouteManager::IsReady(const filter::RouteTableHandle& handle) const {
  if (handle.table.generation() > 0) return true;
  const auto found = entries_.find(handle.name);
  return found != entries_.end() && found->second.timed_out;
}

std::vector<xds::Refusal> RouteManager::OnUpdate(const xds::Update& update) {
  std::vector<xds::Refusal> refusals;
  for (const xds::Resource& resource : update.changed) Apply(resource, refusals);
  if (ready_changed_) ready_changed_();
  return refusals;
}

void RouteManager::Apply(const xds::Resource& resource, std::vector<xds::Refusal>& refusals) {
  const auto found = entries_.find(resource.name);
  if (found == entries_.end()) return;
  const auto handle = found->second.handle.lock();
  if (handle == nullptr) return;
  config::Faults faults;
  envoy::config::route::v3::RouteConfiguration proto;
  std::unique_ptr<const routing::RouteTable> table;
  if (config::Unpack(*resource.body, proto, faults)) {
    table = filter::BuildRouteTable(proto, registry_, clusters_, filter::UnknownClusters::kAccepted,
                                    faults);
  }
  if (table == nullptr) {
    refusals.push_back({std::string(resource.name), FaultLines(faults)});
    dump_.Refuse(admin::ResourceKind::kRoute, resource.name, resource.version, *resource.body,
                 refusals.back().text);
    return;
  }
  handle->table.Publish(std::move(table));
  dump_.Set(admin::ResourceKind::kRoute, resource.name, resource.version, false, *resource.body,
            faults);
}

void RouteManager::OnFetchTimeout(absl::Span<const std::string> names) {
  for (const std::string& name : names) {
    const auto found = entries_.find(name);
    if (found != entries_.end()) found->second.timed_out = true;
  }
  if (ready_changed_) ready_changed_();
}

}  // namespace weir::server
