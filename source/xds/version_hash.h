// A version as a number, for a stat. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::xds {

// FNV-1a: the same in every process, so that versions can be compared across a fleet.
inline int64_t VersionHash(std::string_view version) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : version) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return static_cast<int64_t>(hash >> 1);
}

}  // namespace weir::xds
