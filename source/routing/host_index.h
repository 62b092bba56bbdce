// Which virtual host an authority belongs to: an exact domain, else the longest "*suffix", else
// the longest "prefix*", else "*"; without regard to case. A wildcard stands for one byte at
// least. Costs a hash and at most two walks of a tree, whatever the number of domains.
//
// Built by adding domains, then immutable and thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "source/routing/byte_trie.h"
#include "source/routing/folded_text.h"

namespace weir::routing {

class HostIndex {
  using Exact = absl::flat_hash_map<std::string, uint32_t, TextHash<true>, TextEqual<true>>;

 public:
  static constexpr uint32_t kNone = ByteTrie::kNone;

  class Builder {
   public:
    // False when the domain was added before, in any case.
    bool Add(std::string_view domain, uint32_t virtual_host);
    HostIndex Build(bool ignores_port) &&;

   private:
    using Patterns = absl::flat_hash_map<std::string, uint32_t>;

    Exact exact_;
    Patterns suffixes_, prefixes_;  // spelled as their tries have them
    uint32_t any_ = kNone;
  };

  // The number given with the domain that wins; kNone when there is none.
  uint32_t Find(std::string_view authority) const;

 private:
  Exact exact_;
  ByteTrie suffixes_;  // spelled backwards
  ByteTrie prefixes_;
  uint32_t any_ = kNone;
  bool ignores_port_ = false;
};

// Null when `domain` is a domain name of a virtual host, else what is wrong with it.
const char* FaultOfDomain(std::string_view domain);

}  // namespace weir::routing
