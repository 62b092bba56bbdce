// Counters, gauges and histograms as plain structs of cells, one struct a worker, made on first
// use: the data path adds to a field; names exist only when somebody scrapes.
//
//   struct ListenerStats {
//     stats::Counter downstream_cx_total;
//     stats::Gauge downstream_cx_active;
//     static constexpr stats::Metric kMetrics[] = {
//         WEIR_METRIC(ListenerStats, downstream_cx_total),
//         WEIR_METRIC(ListenerStats, downstream_cx_active)};
//   };
//   auto group = store.AddGroup<ListenerStats>("listener.127.0.0.1_80", {tags…});
//   group->Here().downstream_cx_total.Add();
//
// Every cell has one writer, its thread, so Add is a relaxed load and store, not a locked
// instruction. Readers sum over threads. Names are Envoy's: "PREFIX.FIELD".
// An unused group costs about 200 bytes, whatever the number of threads and fields.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "source/base/intrusive_list.h"
#include "source/base/thread_slots.h"
#include "source/stats/histogram.h"
#include "source/stats/labels.h"

namespace weir::stats {

class Counter {
 public:
  static constexpr Kind kKind = Kind::kCounter;
  void Add(uint64_t amount = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

class Gauge {
 public:
  static constexpr Kind kKind = Kind::kGauge;
  void Add(int64_t amount = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  void Sub(int64_t amount = 1) { Add(-amount); }
  void Set(int64_t value) { value_.store(value, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// One field of a stats struct: its name and where it is.
struct Metric {
  std::string_view name;
  Kind kind;
  // For a field that no member pointer names, e.g. an array's element; else `locate` is set.
  uint16_t offset = 0;
  const void* (*locate)(const void* cells) = nullptr;

  const void* In(const void* cells) const {
    return locate != nullptr ? locate(cells) : static_cast<const char*>(cells) + offset;
  }
};

namespace internal {

template <class Struct, class Field>
const Field& FieldOf(Field Struct::*field, const void* cells) {
  return static_cast<const Struct*>(cells)->*field;
}
template <class Struct, class Field>
constexpr Kind KindOf(Field Struct::*) {
  return Field::kKind;
}
template <auto kField>
constexpr Metric MakeMetric(std::string_view name) {
  return {name, KindOf(kField), 0,
          [](const void* cells) -> const void* { return &FieldOf(kField, cells); }};
}

}  // namespace internal

// Unlike offsetof, also usable inside the struct.
#define WEIR_METRIC(Struct, field) ::weir::stats::internal::MakeMetric<&Struct::field>(#field)

class Registry;

// A named group without its type: what a scrape walks.
class AnyGroup : public base::ListNode<AnyGroup> {
 public:
  // `metrics` live for ever.
  AnyGroup(Labels labels, const absl::Span<const Metric>& metrics,
           std::shared_ptr<Registry> registry);
  virtual ~AnyGroup() = default;

  std::string_view prefix() const { return labels_.prefix(); }
  // The prefix with the tags' values taken out: "cluster" for "cluster.web" (Prometheus names).
  std::string_view tagless_prefix() const { return labels_.tagless_prefix(); }
  const Labels& labels() const { return labels_; }
  absl::Span<const Metric> metrics() const { return *metrics_; }

  // Some thread has asked for its cells.
  bool is_used() const;
  // Sums over threads. Any thread.
  uint64_t CounterValue(const Metric& metric) const;
  int64_t GaugeValue(const Metric& metric) const;
  Histogram::Totals HistogramTotals(const Metric& metric) const;

 protected:
  // The last thing an owner does; not in the destructor, when the cells are already gone.
  void LeaveRegistry();

  base::ThreadSlots slots_;

 private:
  friend class Registry;

  const Labels labels_;
  const absl::Span<const Metric>* const metrics_;
  const std::shared_ptr<Registry> registry_;
  std::weak_ptr<AnyGroup> self_;
};

template <class T>
class Group final : public AnyGroup {
 public:
  using AnyGroup::AnyGroup;
  ~Group() override {
    LeaveRegistry();
    slots_.ForEach([](void* cells) { delete static_cast<T*>(cells); });
  }
  // The calling thread's struct; keep the reference where it is used often. Main and workers only.
  T& Here() {
    base::ThreadSlots::Slot& slot = slots_.Here();
    void* found = slot.load(std::memory_order_relaxed);
    if (found == nullptr) {
      found = new T();
      slot.store(found, std::memory_order_release);
    }
    return *static_cast<T*>(found);
  }
};

// The groups of one store. Apart from it so that a group may outlive the store.
class Registry {
 public:
  Registry();
  ~Registry();

  std::mutex& mutex() { return mutex_; }
  std::shared_ptr<AnyGroup> FindLocked(std::string_view prefix, absl::Span<const Metric> metrics);
  void AddLocked(const std::shared_ptr<AnyGroup>& group);
  void Remove(AnyGroup& group);
  std::vector<std::shared_ptr<const AnyGroup>> Groups();

 private:
  struct Index;

  std::mutex mutex_;
  base::IntrusiveList<AnyGroup> groups_;  // oldest first
  const std::unique_ptr<Index> index_;
};

// All groups of the process. A group leaves the store when its last owner lets go of it.
// Thread-safe: adding takes a lock and is for configuration and first use, not for requests.
class Store {
 public:
  Store() : registry_(std::make_shared<Registry>()) {}

  // Groups of one prefix share their cells when the prefix is added again while one lives.
  // `tagless_prefix` may be left out: see Labels.
  template <class T>
  std::shared_ptr<Group<T>> AddGroup(std::string_view prefix, const std::vector<Tag>& tags = {},
                                     std::string_view tagless_prefix = {}) {
    return FindOrAdd<T>(prefix, [&] { return Labels(prefix, tags, tagless_prefix); });
  }
  // Of the same prefix and tags as another, which it shares.
  template <class T>
  std::shared_ptr<Group<T>> AddGroupBeside(const AnyGroup& other) {
    return FindOrAdd<T>(other.prefix(), [&] { return other.labels(); });
  }

  // Live groups, oldest first. Holding the result keeps them alive.
  std::vector<std::shared_ptr<const AnyGroup>> Groups() const { return registry_->Groups(); }

 private:
  template <class T, class MakeLabels>
  std::shared_ptr<Group<T>> FindOrAdd(std::string_view prefix, MakeLabels&& make_labels) {
    std::lock_guard<std::mutex> lock(registry_->mutex());
    if (auto found = registry_->FindLocked(prefix, T::kMetrics)) {
      return std::static_pointer_cast<Group<T>>(std::move(found));
    }
    static const absl::Span<const Metric> metrics = T::kMetrics;
    auto group = std::make_shared<Group<T>>(make_labels(), metrics, registry_);
    registry_->AddLocked(group);
    return group;
  }

  const std::shared_ptr<Registry> registry_;
};

}  // namespace weir::stats
