// Hashes that decide where requests go. Their values are part of the contract: proxies of one
// fleet, ours and Envoy's, send the same key to the same host.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::balancing {

// xxHash64. Any thread.
uint64_t XxHash64(std::string_view bytes, uint64_t seed = 0);

// MurmurHash2, the 64-bit variant for 64-bit machines ("64A"), with the seed that GNU's std::hash
// uses. On the little-endian machines that Weir runs on the values are those of Envoy.
uint64_t MurmurHash2(std::string_view bytes, uint64_t seed = 0xc70f6907);

}  // namespace weir::balancing
