#include "source/server/listener_manager.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "source/base/log.h"
#include "source/config/canonical_bytes.h"

namespace weir::server {

// One listener: the version that serves and, perhaps, the next one that warms.
struct ListenerManager::Listener {
  uint64_t id = 0;
  std::string definition;  // the newest, serialised
  bool via_api = false;
  bool is_running = false;  // the workers have it
  std::shared_ptr<const ListenerConfig> live;
  std::shared_ptr<const ListenerConfig> warming;
  std::unique_ptr<ListenerSockets> sockets;
  std::unique_ptr<Listener> replaces;  // on other sockets; serves until this one is live
  clusters::ClusterReferences live_clusters, warming_clusters;  // that they name themselves
  clusters::ClusterWait wait;                                   // of `warming`
};

ListenerManager::ListenerManager(const Context& context, std::vector<Worker*> workers)
    : context_(context),
      workers_(std::move(workers)),
      stats_(context.stats.AddGroup<ListenerManagerStats>("listener_manager")),
      wait_timer_(context.main, [this] { GoLiveIfReady(); }),
      self_(std::make_shared<ListenerManager*>(this)) {
  context_.routes.SetReadyChanged([this] { GoLiveIfReady(); });
  context_.clusters.OnClustersAdded([self = std::weak_ptr<ListenerManager*>(self_)] {
    if (const auto manager = self.lock()) (*manager)->GoLiveIfReady();
  });
}

ListenerManager::~ListenerManager() { context_.routes.SetReadyChanged(nullptr); }

bool ListenerManager::AddOrUpdate(const envoy::config::listener::v3::Listener& proto, bool via_api,
                                  config::Faults& faults) {
  std::string definition = config::CanonicalBytes(proto);
  const auto found = listeners_.find(proto.name());
  Listener* known = found == listeners_.end() ? nullptr : found->second.get();
  // Static ones are added once each: a second one would silently take the first one's place.
  if (known != nullptr && !via_api && !known->via_api) {
    faults.Add("name", absl::StrCat("\"", proto.name(), "\" is the name of the listener on ",
                                    known->sockets->addresses().front().ToString(), " already"));
    return false;
  }
  if (known != nullptr && known->definition == definition) return true;
  if (known != nullptr && known->via_api != via_api) {
    faults.Add("name", absl::StrCat("\"", proto.name(), "\" is a static listener's name"));
    return false;
  }
  const ListenerConfig* previous = known == nullptr ? nullptr : known->live.get();
  filter::FactoryContext context{context_.registry, context_.main,    context_.stats,
                                 context_.clusters, context_.routes,  context_.node,
                                 proto.name(),      context_.secrets, via_api};
  context.health = context_.health;
  auto config = ParseListener(proto, context, previous, faults);
  if (config == nullptr) {
    stats_->Here().listener_create_failure.Add();
    return false;
  }
  // One without a name is called by its address.
  if (known == nullptr && listeners_.contains(config->name)) {
    faults.Add("name", absl::StrCat("is missing, and a listener is called \"", config->name,
                                    "\", this one's address, already"));
    return false;
  }
  // The version whose sockets these are: one that never went live has bound them too.
  const ListenerConfig* bound_for = previous;
  if (known != nullptr && bound_for == nullptr) bound_for = known->warming.get();
  const bool keeps_sockets = bound_for != nullptr && bound_for->addresses == config->addresses &&
                             bound_for->bind_to_port == config->bind_to_port &&
                             bound_for->socket == config->socket;
  std::unique_ptr<ListenerSockets> sockets;
  if (!keeps_sockets && (sockets = Bind(*config, faults)) == nullptr) {
    stats_->Here().listener_create_failure.Add();
    return false;
  }
  stats_->Here().listener_create_success.Add();
  if (keeps_sockets) {
    stats_->Here().listener_modified.Add();
    known->definition = std::move(definition);
    known->warming = std::move(config);
    AwaitClusters(*known);
  } else {
    (known == nullptr ? stats_->Here().listener_added : stats_->Here().listener_modified).Add();
    auto fresh = std::make_unique<Listener>();
    fresh->id = next_id_++;
    fresh->sockets = std::move(sockets);
    fresh->definition = std::move(definition);
    fresh->via_api = via_api;
    fresh->warming = config;
    const std::string name = config->name;
    if (known != nullptr) {
      // One that never went live has nothing to serve, but what it was to replace may have.
      fresh->replaces = known->is_running ? std::move(found->second) : std::move(known->replaces);
    }
    AwaitClusters(*fresh);
    listeners_[name] = std::move(fresh);
  }
  GoLiveIfReady();
  return true;
}

const std::string* ListenerManager::AddressOwner(const net::Address& address,
                                                 std::string_view except) const {
  if (address.is_ip() && address.port() == 0) return nullptr;
  for (const auto& [name, listener] : listeners_) {
    if (name != except && listener->sockets->IsBoundTo(address)) return &name;
  }
  return nullptr;
}

std::unique_ptr<ListenerSockets> ListenerManager::Bind(const ListenerConfig& config,
                                                       config::Faults& faults) {
  for (const net::Address& address : config.addresses) {
    if (const std::string* owner = AddressOwner(address, config.name)) {
      faults.Add("address", absl::StrCat(address.ToString(), " is the address of listener \"",
                                         *owner, "\" already"));
      return nullptr;
    }
  }
  return ListenerSockets::Bind(
      config, {workers_.size(), context_.inherited, listeners_.contains(config.name)}, faults);
}

void ListenerManager::AwaitClusters(Listener& listener) {
  std::vector<clusters::ClusterSlot*> named;
  for (const auto& chain : listener.warming->AllChains()) {
    named.insert(named.end(), chain->clusters.begin(), chain->clusters.end());
  }
  listener.warming_clusters = clusters::ClusterReferences(context_.clusters, std::move(named));
  // What the bootstrap names and has not got is an oversight, and nothing to wait for.
  if (!listener.via_api) return;
  // One version after another does not put off the end of the wait.
  const int64_t deadline_ms = listener.wait.missing() != nullptr
                                  ? listener.wait.deadline_ms()
                                  : context_.main.now_ms() + clusters::ClusterWait::kMostMs;
  listener.wait = clusters::ClusterWait(context_.clusters, listener.warming_clusters,
                                        listener.live_clusters, deadline_ms);
}

bool ListenerManager::IsReady(Listener& listener) const {
  for (const auto& chain : listener.warming->AllChains()) {
    if (chain->transport != nullptr && !chain->transport->is_settled()) return false;
    for (const auto& handle : chain->routes) {
      if (!context_.routes.IsReady(*handle)) return false;
    }
  }
  return listener.wait.IsOver(context_.clusters, context_.main.now_ms());
}

void ListenerManager::StartAccepting() {
  accepts_ = true;
  stats_->Here().workers_started.Set(1);
  GoLiveIfReady();
}

void ListenerManager::GoLiveIfReady() {
  bool any = false;
  // Those that hand connections over come last: to others that are there already.
  for (const bool hands_over : {false, true}) {
    for (const auto& [name, listener] : listeners_) {
      if (!accepts_ || listener->warming == nullptr) continue;
      if (listener->warming->hands_over != hands_over || !IsReady(*listener)) continue;
      GoLive(*listener);
      any = true;
    }
  }
  CountListeners();
  ArmWait();
  PublishViews();
  if (any && live_changed_) live_changed_();
}

void ListenerManager::ArmWait() {
  int64_t first_deadline_ms = INT64_MAX;
  for (const auto& [name, listener] : listeners_) {
    if (listener->warming == nullptr || listener->wait.missing() == nullptr) continue;
    first_deadline_ms = std::min(first_deadline_ms, listener->wait.deadline_ms());
  }
  const int64_t left_ms = first_deadline_ms - context_.main.now_ms();
  // One whose time is up waits for something else.
  if (first_deadline_ms < INT64_MAX && left_ms > 0) wait_timer_.Arm(left_ms);
}

void ListenerManager::GoLive(Listener& listener) {
  listener.live = std::move(listener.warming);
  listener.warming = nullptr;
  listener.live_clusters = std::move(listener.warming_clusters);
  if (const clusters::ClusterSlot* const missing = listener.wait.missing()) {
    WEIR_LOG(kWarning, "listener", "listener \"", listener.live->name,
             "\" goes live though cluster '", missing->name(), "' is not there");
  }
  WEIR_LOG(kInfo, "listener", "listener \"", listener.live->name, "\" is live on ",
           listener.sockets->addresses().front().ToString());
  if (listener.replaces != nullptr) Drain(std::move(listener.replaces));
  if (std::exchange(listener.is_running, true)) {
    for (Worker* worker : workers_) worker->UpdateListener(listener.id, listener.live);
    return;
  }
  for (size_t i = 0; i < workers_.size(); ++i) {
    workers_[i]->AddListener(listener.id, listener.live,
                             listener.sockets->HandToWorker(i, *listener.live));
  }
}

bool ListenerManager::Remove(std::string_view name) {
  const auto found = listeners_.find(name);
  if (found == listeners_.end() || !found->second->via_api) return false;
  std::unique_ptr<Listener> gone = std::move(found->second);
  listeners_.erase(found);
  stats_->Here().listener_removed.Add();
  WEIR_LOG(kInfo, "listener", "listener \"", std::string(name), "\" is removed and drains");
  Drain(std::move(gone));
  PublishViews();
  return true;
}

void ListenerManager::Drain(std::unique_ptr<Listener> listener) {
  if (listener->replaces != nullptr) Drain(std::move(listener->replaces));
  if (!listener->is_running) return;
  const uint64_t id = listener->id;
  draining_[id] = std::move(listener->live_clusters);
  const auto left = std::make_shared<size_t>(workers_.size());
  using Queues = ActiveListener::Queues;
  const Queues queues = listener->sockets->are_shared() ? Queues::kLeft : Queues::kTaken;
  for (Worker* worker : workers_) {
    worker->DrainListener(id, queues, context_.main,
                          [self = std::weak_ptr<ListenerManager*>(self_), left, id] {
                            if (--*left > 0) return;
                            if (const auto manager = self.lock()) (*manager)->OnDrained(id);
                          });
  }
  CountListeners();
}

// The last worker has let go of the last connection of one listener.
void ListenerManager::OnDrained(uint64_t id) {
  draining_.erase(id);
  CountListeners();
  if (draining_.empty() && drained_) std::exchange(drained_, nullptr)();
}

void ListenerManager::DrainAll(std::function<void()> drained) {
  accepts_ = false;
  auto all = std::move(listeners_);
  listeners_.clear();
  for (auto& [name, listener] : all) {
    stats_->Here().listener_stopped.Add();
    Drain(std::move(listener));
  }
  CountListeners();
  PublishViews();
  drained_ = std::move(drained);
  if (draining_.empty()) context_.main.Post(std::exchange(drained_, nullptr));
}

restart::LentSockets ListenerManager::LendSockets(std::string_view name,
                                                  const net::Address& address) {
  for (const auto& [known, listener] : listeners_) {
    restart::LentSockets lent = listener->sockets->Lend(known == name, address);
    if (!lent.descriptors.empty()) return lent;
  }
  return {};
}

void ListenerManager::TakeBackSockets() {
  for (const auto& [name, listener] : listeners_) listener->sockets->TakeBack();
}

bool ListenerManager::is_warming() const {
  return std::any_of(listeners_.begin(), listeners_.end(),
                     [](const auto& entry) { return entry.second->live == nullptr; });
}

std::vector<std::string> ListenerManager::ApiNames() const {
  std::vector<std::string> names;
  for (const auto& [name, listener] : listeners_) {
    if (listener->via_api) names.push_back(name);
  }
  return names;
}

void ListenerManager::CountListeners() {
  int64_t active = 0, warming = 0;
  for (const auto& [name, listener] : listeners_) {
    active += listener->live != nullptr;
    warming += listener->warming != nullptr;
  }
  ListenerManagerStats& stats = stats_->Here();
  stats.total_listeners_active.Set(active);
  stats.total_listeners_warming.Set(warming);
  stats.total_listeners_draining.Set(static_cast<int64_t>(draining_.size()));
}

void ListenerManager::PublishViews() {
  std::vector<ListenerView> views;
  std::vector<std::string> warming_names;
  for (const auto& [name, listener] : listeners_) {
    if (listener->live != nullptr) views.push_back({name, listener->sockets->addresses()});
    if (listener->warming != nullptr) warming_names.push_back(name);
  }
  std::lock_guard<std::mutex> lock(views_mutex_);
  views_ = std::move(views);
  warming_names_ = std::move(warming_names);
}

std::vector<ListenerView> ListenerManager::Views() const {
  std::lock_guard<std::mutex> lock(views_mutex_);
  return views_;
}

std::vector<std::string> ListenerManager::WarmingNames() const {
  std::lock_guard<std::mutex> lock(views_mutex_);
  return warming_names_;
}

}  // namespace weir::server
