#include "source/discovery/route_manager.h"

#include <algorithm>
#include <utility>

#include "source/base/log.h"
#include "source/discovery/discovery_types.h"
#include "source/discovery/take_resource.h"
#include "source/event/turn_budget.h"
#include "source/filter/route_table_builder.h"

namespace weir::discovery {

// What filters hold. It may outlive the manager.
struct RouteManager::Handle : filter::RouteTableHandle {
  Handle(event::Loop* main, const xds::ResourceOrigin& from)
      : filter::RouteTableHandle(main), origin(from) {}
  const xds::ResourceOrigin& origin;
};

// A version that waits for clusters.
struct RouteManager::Next {
  std::unique_ptr<const routing::RouteTable> table;
  clusters::ClusterReferences clusters;
  clusters::ClusterWait wait;
};

struct RouteManager::Entry {
  std::weak_ptr<Handle> handle;
  clusters::ClusterReferences clusters;  // of the version that serves
  std::unique_ptr<Next> next;            // null: none waits
  bool is_given_up = false;
};

RouteManager::RouteManager(const Context& context)
    : context_(context),
      stats_(context.stats.AddGroup<RouteManagerStats>("http.rds")),
      resources_(RouteType(), *this),
      old_tables_(context.main),
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
          const auto manager = self.lock();
          if (manager == nullptr) return;
          (*manager)->Forget(owned->origin, owned->name);
          (*manager)->Release(*owned);
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
  Work& work = works_[&source];
  work.build.reset();
  work.resources.assign(update.changed.begin(), update.changed.end());
  std::vector<xds::Refusal> refusals = Continue(source);
  // What serves stays, as in Envoy; a listener that waits need not any longer.
  GiveUp(source, update.removed, admin::ResourceStatus::kDoesNotExist);
  return refusals;
}

bool RouteManager::IsDone(const xds::ResourceSource& source) const {
  return !works_.contains(&source);
}

std::vector<xds::Refusal> RouteManager::Continue(xds::ResourceSource& source) {
  std::vector<xds::Refusal> refusals;
  const auto found = works_.find(&source);
  if (found == works_.end()) return refusals;
  Work& work = found->second;
  const event::TurnBudget budget(context_.main);
  while (!work.resources.empty() && BuildFirst(source, work, budget, refusals)) {
    work.build.reset();
    work.resources.pop_front();
    if (budget.is_spent()) break;
  }
  if (work.resources.empty()) works_.erase(found);
  GoOn();
  return refusals;
}

// True: there is no more to do for it.
bool RouteManager::BuildFirst(const xds::ResourceSource& source, Work& work,
                              const event::TurnBudget& budget,
                              std::vector<xds::Refusal>& refusals) {
  const xds::Resource& resource = work.resources.front();
  Entry* const entry = Find(source, resource.name);
  const std::shared_ptr<Handle> handle = entry == nullptr ? nullptr : entry->handle.lock();
  if (handle == nullptr) return true;  // nobody wants it, or not any longer
  if (work.build == nullptr) {
    const auto live = handle->table.Load();
    work.build = std::make_unique<filter::RouteTableBuild>(
        *resource.body, context_.registry, context_.clusters,
        entry->next != nullptr ? entry->next->table.get() : live.get());
  }
  while (work.build->Step()) {
    if (budget.is_spent()) return false;
  }
  const bool is_taken = Take(*entry, *work.build);
  NoteResource(resource, admin::ResourceKind::kRoute, is_taken, work.build->faults(), context_.dump,
               refusals);
  return true;
}

bool RouteManager::Take(Entry& entry, filter::RouteTableBuild& build) {
  auto next = std::make_unique<Next>();
  next->table = build.Finish();
  if (next->table == nullptr) return false;
  stats_->Here().virtual_hosts_read.Add(build.read());
  stats_->Here().virtual_hosts_kept.Add(build.kept());
  next->clusters = clusters::ClusterReferences(context_.clusters, std::move(build.named()));
  // One version after another does not put off the end of the wait.
  const int64_t deadline_ms = entry.next != nullptr
                                  ? entry.next->wait.deadline_ms()
                                  : context_.main.now_ms() + clusters::ClusterWait::kMostMs;
  next->wait =
      clusters::ClusterWait(context_.clusters, next->clusters, entry.clusters, deadline_ms);
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
  if (const clusters::ClusterSlot* const missing = next.wait.missing()) {
    stats_->Here().cluster_wait_timeout.Add();
    WEIR_LOG(kWarning, "config", "route table \"", handle->name, "\" goes live though cluster '",
             missing->name(), "' is not there");
  }
  Release(*handle);
  handle->table.Publish(std::move(next.table));
  // The old version's go with the assignment, and with them clusters that only it kept.
  entry.clusters = std::move(next.clusters);
  entry.next = nullptr;
  --waiting_count_;
  return true;
}

// The table that serves goes when nobody uses it any more.
void RouteManager::Release(const filter::RouteTableHandle& handle) {
  const std::shared_ptr<const routing::RouteTable> table = handle.table.Load();
  if (table != nullptr) old_tables_.Add(table, table->parts());
}

}  // namespace weir::discovery
