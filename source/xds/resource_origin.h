// What a ConfigSource stands for: where resources come from, and how long to wait for them. Known
// by its address to those who refer to the same one; whoever resolved it keeps it. Main thread.
#pragma once

#include <cstdint>

namespace weir::xds {

class ResourceSource;

struct ResourceOrigin {
  ResourceSource* source = nullptr;
  int64_t initial_fetch_timeout_ms = 15'000;  // 0: for ever
};

}  // namespace weir::xds
