#include "source/server/route_manager.h"

#include <algorithm>
#include <utility>

#include "envoy/config/route/v3/route.pb.h"
#include "source/base/log.h"
#include "source/filter/route_table_builder.h"
#include "source/server/discovery_types.h"
#include "source/server/take_resource.h"

namespace weir::server {

// What filters hold. It may outlive the manager.
struct RouteManager::Handle : filter::RouteTableHandle {
  Handle(event::Loop* main, const xds::ResourceOrigin& from)
      : filter::RouteTableHandle(main), origin(from) {}
  const xds::ResourceOrigin& origin;
};

// A version that waits for clusters.
struct RouteManager::Next {
  std::unique_ptr<const routing::RouteTable> table;
  upstream::ClusterReferences clusters;
  upstream::ClusterWait wait;
};

struct RouteManager::Entry {
  std::weak_ptr<Handle> handle;
  upstream::ClusterReferences clusters;  // of the version that serves
  std::unique_ptr<Next> next;            // null: none waits
  bool is_given_up = false;
};

RouteManager::RouteManager(const Context& context)
    : context_(context),
      stats_(context.stats.AddGroup<RouteManagerStats>("http.rds")),
      resources_(RouteType(), *this),
      wait_timer_(context.main, [this] { GoOn(); }),
      self_(std::make_shared<RouteManager*>(this)) {
  context_.clusters.OnClustersAdded([self = std::weak_ptr<RouteManager*>(self_)] {
    if (const auto manager = self.lock()) (*manager)->GoOn();
  });
}

RouteManager::~RouteManager() = default;

std::shared_ptr<filter::RouteTableHandle> RouteManager::Subscribe(
    const envoy::config::core::v3::ConfigSource& source, std::string_view name,
    config::Faults& faults) {
  const xds::ResourceOrigin* const origin = context_.sources.Resolve(source, RouteType(), faults);
  if (origin == nullptr) return nullptr;
  std::unique_ptr<Entry>& entry = entries_[{origin->source, std::string(name)}];
  if (entry != nullptr) {
    if (auto handle = entry->handle.lock()) return handle;
    // The last user is gone, which is not dealt with yet: ask anew, or nothing would be delivered.
    resources_.Remove(*origin, name);
  }
  // The last user may be a connection on a worker: what follows is the main thread's.
  std::shared_ptr<Handle> handle(
      new Handle(&context_.main, *origin),
      [self = std::weak_ptr<RouteManager*>(self_), &main = context_.main](Handle* gone) {
        // Owned by the work, so that it ends with a loop that does not come to it any more.
        main.Post([self, owned = std::unique_ptr<Handle>(gone)] {
          if (const auto manager = self.lock()) (*manager)->Forget(owned->origin, owned->name);
        });
      });
  handle->name = std::string(name);
  entry = std::make_unique<Entry>();
  entry->handle = handle;
  context_.dump.Request(admin::ResourceKind::kRoute, name);
  resources_.Add(*origin, name);
  return handle;
}

void RouteManager::Forget(const xds::ResourceOrigin& origin, const std::string& name) {
  const auto found = entries_.find({origin.source, name});
  // It may have been asked for anew meanwhile.
  if (found == entries_.end() || !found->second->handle.expired()) return;
  if (found->second->next != nullptr) --waiting_count_;
  entries_.erase(found);
  resources_.Remove(origin, name);
  context_.dump.Remove(admin::ResourceKind::kRoute, name);
}

RouteManager::Entry* RouteManager::Find(const xds::ResourceSource& source,
                                        std::string_view name) const {
  const auto found = entries_.find({&source, std::string(name)});
  if (found == entries_.end() || found->second->handle.expired()) return nullptr;
  return found->second.get();
}

bool RouteManager::IsReady(const filter::RouteTableHandle& handle) const {
  if (handle.table.generation() > 0) return true;
  const auto& ours = static_cast<const Handle&>(handle);
  const Entry* const entry = Find(*ours.origin.source, ours.name);
  return entry != nullptr && entry->is_given_up;
}

std::vector<xds::Refusal> RouteManager::OnUpdate(xds::ResourceSource& source,
                                                 const xds::Update& update) {
  std::vector<xds::Refusal> refusals;
  for (const xds::Resource& resource : update.changed) {
    Entry* const entry = Find(source, resource.name);
    if (entry == nullptr) continue;
    TakeResource<envoy::config::route::v3::RouteConfiguration>(
        resource, admin::ResourceKind::kRoute, context_.dump, refusals,
        [&](const auto& proto, config::Faults& faults) { return Apply(*entry, proto, faults); });
  }
  // What serves stays, as in Envoy; a listener that waits need not any longer.
  GiveUp(source, update.removed, admin::ResourceStatus::kDoesNotExist);
  GoOn();
  return refusals;
}

bool RouteManager::Apply(Entry& entry, const envoy::config::route::v3::RouteConfiguration& proto,
                         config::Faults& faults) {
  std::vector<upstream::ClusterSlot*> named;
  auto table = filter::BuildRouteTable(proto, context_.registry, context_.clusters,
                                       filter::UnknownClusters::kAccepted, &named, faults);
  if (table == nullptr) return false;
  auto next = std::make_unique<Next>();
  next->table = std::move(table);
  next->clusters = upstream::ClusterReferences(context_.clusters, std::move(named));
  // One version after another does not put off the end of the wait.
  const int64_t deadline_ms = entry.next != nullptr
                                  ? entry.next->wait.deadline_ms()
                                  : context_.main.now_ms() + upstream::ClusterWait::kMostMs;
  next->wait =
      upstream::ClusterWait(context_.clusters, next->clusters, entry.clusters, deadline_ms);
  if (entry.next == nullptr) ++waiting_count_;
  entry.next = std::move(next);
  return true;
}

void RouteManager::OnFetchTimeout(xds::ResourceSource& source,
                                  absl::Span<const std::string> names) {
  GiveUp(source, names, admin::ResourceStatus::kTimeout);
}

void RouteManager::GiveUp(const xds::ResourceSource& source, absl::Span<const std::string> names,
                          admin::ResourceStatus status) {
  if (names.empty()) return;
  for (const std::string& name : names) {
    Entry* const entry = Find(source, name);
    if (entry == nullptr) continue;
    entry->is_given_up = true;
    context_.dump.SetAbsent(admin::ResourceKind::kRoute, name, status);
  }
  if (ready_changed_) ready_changed_();
}

void RouteManager::GoOn() {
  if (waiting_count_ == 0) return;
  bool any = false;
  int64_t first_deadline_ms = INT64_MAX;
  for (const auto& [key, entry] : entries_) {
    if (entry->next == nullptr) continue;
    any |= PublishIfReady(*entry);
    if (entry->next == nullptr) continue;
    first_deadline_ms = std::min(first_deadline_ms, entry->next->wait.deadline_ms());
  }
  stats_->Here().tables_waiting.Set(waiting_count_);
  if (waiting_count_ > 0) wait_timer_.Arm(first_deadline_ms - context_.main.now_ms());
  if (any && ready_changed_) ready_changed_();
}

bool RouteManager::PublishIfReady(Entry& entry) {
  Next& next = *entry.next;
  if (!next.wait.IsOver(context_.clusters, context_.main.now_ms())) return false;
  const auto handle = entry.handle.lock();
  if (handle == nullptr) return false;  // about to be forgotten
  if (const upstream::ClusterSlot* const missing = next.wait.missing()) {
    stats_->Here().cluster_wait_timeout.Add();
    WEIR_LOG(kWarning, "config", "route table \"", handle->name, "\" goes live though cluster '",
             missing->name(), "' is not there");
  }
  handle->table.Publish(std::move(next.table));
  // The old version's go with the assignment, and with them clusters that only it kept.
  entry.clusters = std::move(next.clusters);
  entry.next = nullptr;
  --waiting_count_;
  return true;
}

}  // namespace weir::server
