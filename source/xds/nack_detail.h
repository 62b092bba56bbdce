// What a NACK tells the control plane: one line a fault, "resource: field.path: what".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "source/xds/subscription.h"

namespace weir::xds {

inline constexpr size_t kMaxNackBytes = 4096;

// At most kMaxNackBytes of printable ASCII and newlines; says how many lines did not fit.
std::string NackDetail(const std::vector<Refusal>& refusals);

// `text` from a peer, fit for a log line: everything but printable ASCII becomes \xNN, and what is
// beyond `max_bytes` becomes an ellipsis.
std::string Printable(std::string_view text, size_t max_bytes);

}  // namespace weir::xds
