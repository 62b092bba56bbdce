// The name of a resource, read from its serialised message without knowing the message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace weir::xds {

inline constexpr size_t kMaxNameBytes = 4096;

// The string field `number` of the message in `bytes`; views into it. The last one counts when it
// is there more than once, as protobuf has it. An error when `bytes` is no message, or when the
// name is empty, too long or has control characters.
absl::StatusOr<std::string_view> ReadName(std::string_view bytes, int number);

}  // namespace weir::xds
