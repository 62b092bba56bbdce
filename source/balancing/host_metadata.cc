// Tested by test/balancing/host_test.cc
#include "source/balancing/host_metadata.h"

#include <algorithm>

namespace weir::balancing {

const HostMetadata::Entry* HostMetadata::Find(std::string_view key) const {
  const auto is_before = [](const Entry& entry, std::string_view wanted) {
    return entry.key < wanted;
  };
  const auto found = std::lower_bound(entries.begin(), entries.end(), key, is_before);
  return found != entries.end() && found->key == key ? &*found : nullptr;
}

}  // namespace weir::balancing
