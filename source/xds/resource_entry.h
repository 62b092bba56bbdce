// What a ResourceTable remembers of one resource. A cluster has two of them, hence its name is in
// the same piece of memory, and what few have (a refusal, an expiry) is the table's.
//
// Main loop's thread. Internal to xds/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>

#include "source/base/shared_text.h"

namespace weir::xds {

class ResourceEntry {
 public:
  static std::unique_ptr<ResourceEntry> Create(std::string_view name) {
    return std::unique_ptr<ResourceEntry>(new (name.size()) ResourceEntry(name));
  }
  // The name's bytes are not in the size that a delete expression would pass.
  static void operator delete(void* memory) { ::operator delete(memory); }
  ResourceEntry(const ResourceEntry&) = delete;
  ResourceEntry& operator=(const ResourceEntry&) = delete;

  std::string_view name() const { return {reinterpret_cast<const char*>(this + 1), name_bytes_}; }

  uint64_t live_hash = 0;
  base::SharedText version;  // of what is live, if it has one of its own
  int64_t fetch_timeout_ms = 0;
  uint32_t server = 0;     // that gave the version
  uint32_t round = 0;      // the response it was in last
  uint32_t place = 0;      // and where among those found
  uint32_t asked_in = 0;   // the request it is awaited from; 0: none
  bool is_wanted = false;  // by name
  bool is_live = false;
  bool is_answered = false;
  bool is_refused = false;  // the newest was; the table knows why

 private:
  static void* operator new(size_t size, size_t name_bytes) {
    return ::operator new(size + name_bytes);
  }
  explicit ResourceEntry(std::string_view name) : name_bytes_(static_cast<uint32_t>(name.size())) {
    name.copy(reinterpret_cast<char*>(this + 1), name.size());
  }

  const uint32_t name_bytes_;
};

static_assert(sizeof(ResourceEntry) <= 48);

}  // namespace weir::xds
