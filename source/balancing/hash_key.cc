#include "source/balancing/hash_key.h"

#include <algorithm>

namespace weir::balancing {

std::string HashKeyOf(const Host& host, bool by_hostname) {
  if (host.metadata() != nullptr) {
    const HostMetadata::Entry* const entry = host.metadata()->Find("hash_key");
    if (entry != nullptr && !entry->text.empty()) return entry->text;
  }
  if (by_hostname && !host.hostname().empty()) return host.hostname();
  return host.address().ToString();
}

std::vector<HashedHost> HashedHosts(absl::Span<const HostPtr> hosts,
                                    absl::Span<const uint32_t> weights, bool by_hostname) {
  std::vector<HashedHost> out;
  out.reserve(hosts.size());
  for (size_t i = 0; i < hosts.size(); ++i) {
    out.push_back({HashKeyOf(*hosts[i], by_hostname), static_cast<uint32_t>(i), weights[i]});
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const HashedHost& a, const HashedHost& b) { return a.key < b.key; });
  return out;
}

}  // namespace weir::balancing
