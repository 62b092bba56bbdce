// The name of a resource: read from its serialised message without knowing the message, and
// checked.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace weir::xds {

inline constexpr size_t kMaxNameBytes = 4096;

// Whether a resource can have such a name: it is not empty, not too long, without control
// characters, not the wildcard, and not of the form xdstp://, which is not implemented.
absl::Status CheckName(std::string_view name);

// The string field `number` of the message in `bytes`; views into it. The last one counts when it
// is there more than once, as protobuf has it. An error when `bytes` is no message, or when the
// name is none: see CheckName().
absl::StatusOr<std::string_view> ReadName(std::string_view bytes, int number);
// As above, whatever the name is; empty when there is none.
absl::StatusOr<std::string_view> FindName(std::string_view bytes, int number);

}  // namespace weir::xds
