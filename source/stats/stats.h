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
#include "source/base/thread.h"

namespace weir::stats {

enum class Kind : uint8_t { kCounter, kGauge, kHistogram };

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

// Log-linear buckets: 8 a power of two, so any quantile is known within 12.5 %. Values are
// non-negative integers (milliseconds, bytes). Buckets are allocated on the first Record.
class Histogram {
 public:
  static constexpr Kind kKind = Kind::kHistogram;
  static constexpr int kBuckets = 8 * 40;
  Histogram() = default;
  ~Histogram();
  void Record(uint64_t value);

  struct Totals {
    uint64_t count = 0;
    uint64_t sum = 0;
    std::vector<uint64_t> buckets;  // empty or kBuckets
    // The value below which `fraction` (0..1) of the records lie; 0 when there are none.
    double Quantile(double fraction) const;
  };
  void AddTo(Totals& totals) const;
  static int BucketOf(uint64_t value);
  static uint64_t LowerBound(int bucket);

 private:
  std::atomic<std::atomic<uint64_t>*> buckets_{nullptr};
  std::atomic<uint64_t> sum_{0};
};

// One field of a stats struct: its name and where it is.
struct Metric {
  std::string_view name;
  Kind kind;
  uint16_t offset;
};

#define WEIR_METRIC(Struct, field)                                                 \
  ::weir::stats::Metric {                                                          \
    #field, decltype(Struct::field)::kKind, static_cast<uint16_t>(offsetof(Struct, field)) \
  }

struct Tag {
  std::string name;   // Prometheus label, e.g. "envoy_cluster_name"
  std::string value;
};

// A named group without its type: what a scrape walks.
class AnyGroup {
 public:
  AnyGroup(std::string prefix, std::vector<Tag> tags, std::string tagless_prefix,
           absl::Span<const Metric> metrics);
  virtual ~AnyGroup() = default;

  const std::string& prefix() const { return prefix_; }
  // The prefix with the tags' values taken out: "cluster" for "cluster.web" (Prometheus names).
  const std::string& tagless_prefix() const { return tagless_prefix_; }
  const std::vector<Tag>& tags() const { return tags_; }
  absl::Span<const Metric> metrics() const { return metrics_; }

  // Sums over threads. Any thread.
  uint64_t CounterValue(const Metric& metric) const;
  int64_t GaugeValue(const Metric& metric) const;
  Histogram::Totals HistogramTotals(const Metric& metric) const;

 protected:
  std::atomic<void*> blocks_[base::kMaxThreads] = {};

 private:
  const std::string prefix_;
  const std::vector<Tag> tags_;
  const std::string tagless_prefix_;
  const absl::Span<const Metric> metrics_;
};

template <class T>
class Group final : public AnyGroup {
 public:
  using AnyGroup::AnyGroup;
  ~Group() override {
    for (auto& block : blocks_) delete static_cast<T*>(block.load(std::memory_order_relaxed));
  }
  // The calling thread's struct; keep the reference where it is used often. Main and workers only.
  T& Here() {
    std::atomic<void*>& block = blocks_[base::ThreadIndex()];
    void* found = block.load(std::memory_order_relaxed);
    if (found == nullptr) {
      found = new T();
      block.store(found, std::memory_order_release);
    }
    return *static_cast<T*>(found);
  }
};

// All groups of the process. A group leaves the store when its last owner lets go of it.
// Thread-safe: adding takes a lock and is for configuration and first use, not for requests.
class Store {
 public:
  // Groups of one prefix share their cells when the prefix is added again while one lives.
  template <class T>
  std::shared_ptr<Group<T>> AddGroup(std::string prefix, std::vector<Tag> tags = {},
                                     std::string tagless_prefix = {}) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (auto found = FindLocked(prefix, T::kMetrics)) {
      return std::static_pointer_cast<Group<T>>(std::move(found));
    }
    if (tagless_prefix.empty()) tagless_prefix = prefix;
    auto group = std::make_shared<Group<T>>(std::move(prefix), std::move(tags),
                                            std::move(tagless_prefix), T::kMetrics);
    AddLocked(group);
    return group;
  }

  // Live groups, oldest first. Holding the result keeps them alive.
  std::vector<std::shared_ptr<const AnyGroup>> Groups() const;

 private:
  std::shared_ptr<AnyGroup> FindLocked(std::string_view prefix, absl::Span<const Metric> metrics);
  void AddLocked(const std::shared_ptr<AnyGroup>& group);

  mutable std::mutex mutex_;
  std::vector<std::weak_ptr<AnyGroup>> groups_;
};

}  // namespace weir::stats
