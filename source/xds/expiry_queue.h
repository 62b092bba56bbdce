// Which names expire when; of few resources, so that the others pay nothing. Pure: no thread, no
// clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"

namespace weir::xds {

class ExpiryQueue {
 public:
  // Replaces what was set before.
  void Set(std::string_view name, int64_t at_ms);
  void Clear(std::string_view name);

  // When the next one expires.
  std::optional<int64_t> NextMs() const;
  // The names whose time has come; they are forgotten here.
  std::vector<std::string> TakeDue(int64_t now_ms);

 private:
  absl::btree_map<std::string, int64_t> by_name_;
  absl::btree_set<std::pair<int64_t, std::string>> by_time_;
};

}  // namespace weir::xds
