#include "source/stats/stats.h"

#include "absl/container/flat_hash_set.h"

namespace weir::stats {
namespace {

template <class Cell>
const Cell& CellAt(const void* cells, const Metric& metric) {
  return *static_cast<const Cell*>(metric.In(cells));
}

}  // namespace

AnyGroup::AnyGroup(Labels labels, const absl::Span<const Metric>& metrics,
                   std::shared_ptr<Registry> registry)
    : labels_(std::move(labels)), metrics_(&metrics), registry_(std::move(registry)) {}

void AnyGroup::LeaveRegistry() { registry_->Remove(*this); }

bool AnyGroup::is_used() const {
  bool is_used = false;
  slots_.ForEach([&](const void*) { is_used = true; });
  return is_used;
}

uint64_t AnyGroup::CounterValue(const Metric& metric) const {
  uint64_t total = 0;
  slots_.ForEach([&](const void* cells) { total += CellAt<Counter>(cells, metric).value(); });
  return total;
}

int64_t AnyGroup::GaugeValue(const Metric& metric) const {
  int64_t total = 0;
  slots_.ForEach([&](const void* cells) { total += CellAt<Gauge>(cells, metric).value(); });
  return total;
}

Histogram::Totals AnyGroup::HistogramTotals(const Metric& metric) const {
  Histogram::Totals totals;
  slots_.ForEach([&](const void* cells) { CellAt<Histogram>(cells, metric).AddTo(totals); });
  return totals;
}

// Groups by prefix and struct, without another copy of the prefix.
struct Registry::Index {
  using Key = std::pair<std::string_view, const Metric*>;
  static Key KeyOf(const AnyGroup* group) { return {group->prefix(), group->metrics().data()}; }
  static Key KeyOf(const Key& key) { return key; }

  struct Hash {
    using is_transparent = void;
    template <class T>
    size_t operator()(const T& value) const {
      return absl::HashOf(KeyOf(value).first, KeyOf(value).second);
    }
  };
  struct Equal {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return KeyOf(a) == KeyOf(b);
    }
  };

  absl::flat_hash_set<AnyGroup*, Hash, Equal> groups;
};

Registry::Registry() : index_(std::make_unique<Index>()) {}
Registry::~Registry() = default;

std::shared_ptr<AnyGroup> Registry::FindLocked(std::string_view prefix,
                                               absl::Span<const Metric> metrics) {
  auto found = index_->groups.find(Index::Key(prefix, metrics.data()));
  // Null also for a group whose last owner has just gone and which waits for the lock to leave.
  return found == index_->groups.end() ? nullptr : (*found)->self_.lock();
}

void Registry::AddLocked(const std::shared_ptr<AnyGroup>& group) {
  group->self_ = group;
  groups_.PushBack(*group);
  index_->groups.erase(group.get());  // an equal one that is on its way out
  index_->groups.insert(group.get());
}

void Registry::Remove(AnyGroup& group) {
  std::lock_guard<std::mutex> lock(mutex_);
  group.Unlink();
  auto found = index_->groups.find(&group);
  if (found != index_->groups.end() && *found == &group) index_->groups.erase(found);
}

std::vector<std::shared_ptr<const AnyGroup>> Registry::Groups() {
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<std::shared_ptr<const AnyGroup>> live;
  live.reserve(index_->groups.size());
  groups_.ForEach([&](AnyGroup& group) {
    if (std::shared_ptr<AnyGroup> shared = group.self_.lock()) live.push_back(std::move(shared));
  });
  return live;
}

}  // namespace weir::stats
