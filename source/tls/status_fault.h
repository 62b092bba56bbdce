// A Status that says "field: what is wrong" as a fault of that field: contexts are built where no
// configuration is at hand any more, and the first time there is one all the same. Main thread.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "source/base/strings.h"
#include "source/config/faults.h"

namespace weir::tls {

inline void AddFault(const absl::Status& status, config::Faults& faults) {
  const std::string_view text = base::ToStd(status.message());
  const size_t colon = text.find(": ");
  const std::string_view field = text.substr(0, colon == std::string_view::npos ? 0 : colon);
  const bool is_field = std::all_of(field.begin(), field.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '[' ||
           c == ']';
  });
  if (field.empty() || !is_field) return faults.Add("", std::string(text));
  faults.Add(field, std::string(text.substr(colon + 2)));
}

}  // namespace weir::tls
