// What clusters carried since it was told last, made of the counters that their hosts keep anyway:
// nothing is counted twice, nothing is lost between two streams, and hosts that left are told of
// until their last request is done. Main thread.
// Source: envoy.config.endpoint.v3.ClusterStats.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "source/clusters/cluster_manager.h"

namespace envoy::config::endpoint::v3 {
class ClusterStats;
}

namespace weir::discovery {

class LoadLedger {
 public:
  // From now on: what its hosts counted so far is nobody's. Known clusters go on as they are.
  void Open(const std::string& cluster, const clusters::ClusterView* view, int64_t now_us);
  // Adds to `out` what happened since Open() or the last report. `view` null: there is no such
  // cluster now. False when there is nothing to tell: neither traffic nor a cluster.
  bool Report(const std::string& cluster, const clusters::ClusterView* view, int64_t now_us,
              bool by_endpoint, envoy::config::endpoint::v3::ClusterStats& out);
  void Close(std::string_view cluster);
  // Those that are open.
  std::vector<std::string> Clusters() const;

 private:
  struct Totals {
    uint64_t issued = 0, succeeded = 0, failed = 0;
  };
  struct Line {
    balancing::HostPtr host;
    uint32_t priority = 0;
    uint32_t round = 0;  // of the report it was seen in last
    Totals told;
  };
  struct Book {
    absl::flat_hash_map<const balancing::Host*, Line> lines;
    uint32_t round = 0;
    int64_t since_us = 0;
  };
  class Writer;

  static Totals TotalsOf(const balancing::Host& host);

  absl::flat_hash_map<std::string, Book> books_;
};

}  // namespace weir::discovery
