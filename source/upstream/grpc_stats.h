// How the gRPC calls to one cluster went: "cluster.NAME.grpc.FIELD" for the whole, and
// "cluster.NAME.grpc.SERVICE.METHOD.FIELD" for methods that somebody wants told apart.
//
// Names that requests bring make statistics only when they look like names, and only so many of
// them: all other calls are counted in the whole. So no client decides how much memory they take.
//
// Shared by all threads. Finding is a hash and a walk along a short list that only grows: no lock.
// A method's first call takes one. A cluster has none of this before its first counted call.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "source/http/grpc.h"
#include "source/stats/stats.h"
#include "source/upstream/cluster_stats.h"

namespace weir::upstream {

struct GrpcCallStats {
  stats::Counter success, failure, total;
  stats::Counter statuses[http::kGrpcStatusCount];  // each called by its number
  stats::Counter request_message_count, response_message_count;
  stats::Histogram upstream_rq_time;

  void CountCall(http::GrpcStatus status) {
    statuses[static_cast<size_t>(status)].Add();
    (status == http::GrpcStatus::kOk ? success : failure).Add();
    total.Add();
  }

  static const absl::Span<const stats::Metric> kMetrics;
};

// As a request's path has it: "/SERVICE/METHOD".
struct GrpcMethod {
  std::string_view service, method;

  bool operator==(const GrpcMethod&) const = default;
};

// Letters, digits, '_' and '-', in a service's also '.'; neither empty nor longer than any real
// one.
bool IsGrpcServiceName(std::string_view name);
bool IsGrpcMethodName(std::string_view name);

class GrpcStats {
 public:
  // Of names that requests bring.
  static constexpr size_t kMaxDiscoveredMethods = 500;
  static constexpr size_t kMaxNameBytes = 128;

  // `store` outlives it. `cluster`: whose prefix and tags they have.
  GrpcStats(stats::Store& store, ClusterStatsGroup cluster);
  ~GrpcStats();

  // The calling thread's cells; they live as long as this.
  GrpcCallStats& Whole() { return Find({}).Here(); }
  // Of a name that the configuration has.
  GrpcCallStats& OfMethod(const GrpcMethod& method) { return Find(method).Here(); }
  // Of a name that a request brought: the whole's when it is no name, or one too many.
  GrpcCallStats& OfDiscovered(const GrpcMethod& method);

 private:
  using Calls = stats::Group<GrpcCallStats>;
  struct Entry;
  static constexpr size_t kBuckets = 256;
  struct Table {
    std::atomic<Entry*> buckets[kBuckets] = {};
  };

  static size_t BucketOf(const GrpcMethod& method);
  Entry* Known(const GrpcMethod& method) const;
  Calls& Find(const GrpcMethod& method);
  Entry& AddLocked(const GrpcMethod& method);
  std::shared_ptr<Calls> MakeGroup(const GrpcMethod& method) const;

  stats::Store& store_;
  const ClusterStatsGroup cluster_;
  std::mutex mutex_;  // for adding
  std::atomic<Table*> table_{nullptr};
  std::atomic<size_t> discovered_{0};
};

// Those of all clusters that have any, kept from one definition of a cluster to the next. Any
// thread; takes a lock, so a worker asks once for each definition.
class GrpcStatsBook {
 public:
  explicit GrpcStatsBook(stats::Store& store) : store_(store) {}

  // Made when new.
  std::shared_ptr<GrpcStats> Of(const ClusterStatsGroup& cluster);
  // The cluster is no more: what still runs keeps what it has. A worker that has not heard of it
  // yet may bring it back; it stays then until a cluster of that name goes again.
  void Forget(const ClusterStatsGroup& cluster);

 private:
  stats::Store& store_;
  std::mutex mutex_;
  absl::flat_hash_map<ClusterStatsGroup, std::shared_ptr<GrpcStats>> by_cluster_;
};

}  // namespace weir::upstream
