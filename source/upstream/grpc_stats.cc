#include "source/upstream/grpc_stats.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/strings/ascii.h"
#include "source/base/strings.h"

namespace weir::upstream {
namespace {

bool IsNameByte(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
}

bool HasNameLength(std::string_view name) {
  return !name.empty() && name.size() <= GrpcStats::kMaxNameBytes;
}

constexpr size_t kNamedMetrics = 6;
using CallMetrics = std::array<stats::Metric, kNamedMetrics + http::kGrpcStatusCount>;

CallMetrics ListMetrics() {
  CallMetrics metrics = {WEIR_METRIC(GrpcCallStats, success),
                         WEIR_METRIC(GrpcCallStats, failure),
                         WEIR_METRIC(GrpcCallStats, total),
                         WEIR_METRIC(GrpcCallStats, request_message_count),
                         WEIR_METRIC(GrpcCallStats, response_message_count),
                         WEIR_METRIC(GrpcCallStats, upstream_rq_time)};
  for (uint32_t code = 0; code < http::kGrpcStatusCount; ++code) {
    const size_t offset = offsetof(GrpcCallStats, statuses) + code * sizeof(stats::Counter);
    metrics[kNamedMetrics + code] = {http::GrpcStatusNumber(static_cast<http::GrpcStatus>(code)),
                                     stats::Kind::kCounter, static_cast<uint16_t>(offset)};
  }
  return metrics;
}

const CallMetrics kCallMetrics = ListMetrics();

}  // namespace

const absl::Span<const stats::Metric> GrpcCallStats::kMetrics = kCallMetrics;

bool IsGrpcServiceName(std::string_view name) {
  return HasNameLength(name) &&
         std::all_of(name.begin(), name.end(), [](char c) { return IsNameByte(c) || c == '.'; });
}

bool IsGrpcMethodName(std::string_view name) {
  return HasNameLength(name) && std::all_of(name.begin(), name.end(), IsNameByte);
}

struct GrpcStats::Entry {
  std::string service, method;
  std::shared_ptr<Calls> calls;
  Entry* next = nullptr;

  bool Is(const GrpcMethod& wanted) const {
    return method == wanted.method && service == wanted.service;
  }
};

GrpcStats::GrpcStats(stats::Store& store, ClusterStatsGroup cluster)
    : store_(store), cluster_(std::move(cluster)) {}

GrpcStats::~GrpcStats() {
  Table* const table = table_.load(std::memory_order_relaxed);
  if (table == nullptr) return;
  for (const std::atomic<Entry*>& bucket : table->buckets) {
    Entry* entry = bucket.load(std::memory_order_relaxed);
    while (entry != nullptr) delete std::exchange(entry, entry->next);
  }
  delete table;
}

// Seeded by absl: nobody can aim names at one bucket.
size_t GrpcStats::BucketOf(const GrpcMethod& method) {
  return absl::HashOf(method.service, method.method) % kBuckets;
}

GrpcStats::Entry* GrpcStats::Known(const GrpcMethod& method) const {
  const Table* const table = table_.load(std::memory_order_acquire);
  if (table == nullptr) return nullptr;
  Entry* entry = table->buckets[BucketOf(method)].load(std::memory_order_acquire);
  while (entry != nullptr && !entry->Is(method)) entry = entry->next;
  return entry;
}

GrpcStats::Calls& GrpcStats::Find(const GrpcMethod& method) {
  if (Entry* const known = Known(method)) return *known->calls;
  const std::lock_guard<std::mutex> lock(mutex_);
  Entry* const known = Known(method);  // another thread was quicker
  return *(known != nullptr ? *known : AddLocked(method)).calls;
}

GrpcCallStats& GrpcStats::OfDiscovered(const GrpcMethod& method) {
  if (Entry* const known = Known(method)) return known->calls->Here();
  if (discovered_.load(std::memory_order_relaxed) >= kMaxDiscoveredMethods) return Whole();
  if (!IsGrpcServiceName(method.service) || !IsGrpcMethodName(method.method)) return Whole();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (Entry* const known = Known(method)) return known->calls->Here();
    if (discovered_.load(std::memory_order_relaxed) < kMaxDiscoveredMethods) {
      discovered_.fetch_add(1, std::memory_order_relaxed);
      return AddLocked(method).calls->Here();
    }
  }
  return Whole();
}

GrpcStats::Entry& GrpcStats::AddLocked(const GrpcMethod& method) {
  if (table_.load(std::memory_order_relaxed) == nullptr) {
    table_.store(new Table(), std::memory_order_release);
  }
  std::atomic<Entry*>& bucket = table_.load(std::memory_order_relaxed)->buckets[BucketOf(method)];
  auto* const entry = new Entry{std::string(method.service), std::string(method.method),
                                MakeGroup(method), bucket.load(std::memory_order_relaxed)};
  bucket.store(entry, std::memory_order_release);
  return *entry;
}

std::shared_ptr<GrpcStats::Calls> GrpcStats::MakeGroup(const GrpcMethod& method) const {
  const stats::Labels& labels = cluster_->labels();
  std::vector<stats::Tag> tags;
  for (size_t i = 0; i < labels.tag_count(); ++i) {
    tags.push_back({std::string(labels.tag(i).name), std::string(labels.tag(i).value)});
  }
  std::string prefix = base::StrCat(labels.prefix(), ".grpc");
  if (!method.service.empty()) {
    base::StrAppend(&prefix, ".", method.service, ".", method.method);
    tags.push_back({"envoy_grpc_bridge_service", std::string(method.service)});
    tags.push_back({"envoy_grpc_bridge_method", std::string(method.method)});
  }
  return store_.AddGroup<GrpcCallStats>(prefix, tags,
                                        base::StrCat(labels.tagless_prefix(), ".grpc"));
}

std::shared_ptr<GrpcStats> GrpcStatsBook::Of(const ClusterStatsGroup& cluster) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::shared_ptr<GrpcStats>& stats = by_cluster_[cluster];
  if (stats == nullptr) stats = std::make_shared<GrpcStats>(store_, cluster);
  return stats;
}

void GrpcStatsBook::Forget(const ClusterStatsGroup& cluster) {
  const std::lock_guard<std::mutex> lock(mutex_);
  by_cluster_.erase(cluster);
}

}  // namespace weir::upstream
