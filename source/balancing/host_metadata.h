// What the control plane says about an endpoint beside its address, for subsets and hashing: the
// part of its metadata under "envoy.lb". Immutable; hosts that say the same may share one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::balancing {

struct HostMetadata {
  // Values are canonical bytes of a google.protobuf.Value: equal ones have equal bytes.
  struct Entry {
    std::string key;
    std::string value;
    std::vector<std::string> elements;  // of a list
    std::string text;                   // of a string

    friend bool operator==(const Entry&, const Entry&) = default;
  };
  std::vector<Entry> entries;  // by key

  // Null: there is none of that key.
  const Entry* Find(std::string_view key) const;

  friend bool operator==(const HostMetadata&, const HostMetadata&) = default;
};

}  // namespace weir::balancing
