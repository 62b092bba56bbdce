// Hosts as tables of hashing see them, and how keys are shared between them.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "source/balancing/hash.h"
#include "source/balancing/hash_key.h"
#include "source/balancing/hash_table.h"
#include "source/base/strings.h"

namespace weir::balancing {

// "10.0.0.N:80" for the N-th weight, sorted by key.
inline std::vector<HashedHost> HashedOfWeights(const std::vector<uint32_t>& weights) {
  std::vector<HashedHost> hosts;
  for (uint32_t i = 0; i < weights.size(); ++i) {
    hosts.push_back({base::StrCat("10.0.", i >> 8, ".", i & 255, ":80"), i, weights[i]});
  }
  std::sort(hosts.begin(), hosts.end(),
            [](const HashedHost& a, const HashedHost& b) { return a.key < b.key; });
  return hosts;
}

// The host of each of so many keys.
inline std::vector<uint32_t> HostsOfKeys(const HashTable& table, int keys, uint32_t attempt = 0) {
  std::vector<uint32_t> hosts;
  for (int i = 0; i < keys; ++i) {
    hosts.push_back(table.Find(XxHash64(base::StrCat("key-", i)), attempt));
  }
  return hosts;
}

}  // namespace weir::balancing
