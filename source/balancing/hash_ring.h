// Consistent hashing on a ring (ketama): each host stands at many points of the circle of all
// hashes, and a key belongs to the host at the next point. A host that leaves gives up its own keys
// only, to the hosts at the points behind. (The size is of all points: fewer hosts have more points
// each, to which a few other keys move.)
//
// The points are those of Envoy, so that proxies of a mixed fleet agree. Hosts are placed in the
// order of their keys: where the weights leave fractions of points to round, that order decides.
//
// Points are sorted by distributing them to slices of the circle, about two a slice; the slices'
// beginnings stay as a guide, so that a look-up is two steps whatever the size. 14 bytes a point.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/types/span.h"
#include "source/balancing/balancer_config.h"
#include "source/balancing/hash_key.h"
#include "source/balancing/hash_table.h"

namespace weir::balancing {

class HashRing final : public HashTable {
 public:
  // At least one host, sorted by key. Main thread; O(points).
  HashRing(absl::Span<const HashedHost> hosts, const HashingConfig& config);

  uint32_t Find(uint64_t hash, uint32_t attempt) const override;
  // Of all points.
  uint32_t size() const { return size_; }

 private:
  struct Point {
    uint64_t hash;
    uint32_t host;
  };

  void Place(absl::Span<const Point> points);
  uint32_t SliceOf(uint64_t hash) const { return static_cast<uint32_t>(hash >> shift_); }

  uint32_t size_ = 0;
  int shift_ = 63;  // from a hash to its slice
  std::unique_ptr<uint64_t[]> hashes_;
  std::unique_ptr<uint32_t[]> hosts_;
  std::unique_ptr<uint32_t[]> guide_;  // slice → its first point, or the next one's
};

}  // namespace weir::balancing
