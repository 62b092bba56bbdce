// A file that a process keeps for itself over restarts: replaced whole or not at all, whatever
// happens meanwhile, and believed only when nobody else can have written it. Blocks; thread-safe.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace weir::xds::files {

// Refuses what is no regular file, does not belong to `owner`, or may be written by others.
// kNotFound: there is none. The errors name the path.
absl::StatusOr<std::string> ReadPrivateFile(const std::string& path, size_t max_bytes,
                                            uid_t owner = geteuid());

// Writes PATH.new, waits until that is on the disk, and gives it its name: mode 0600. A process
// that dies in between leaves the old content.
absl::Status ReplacePrivateFile(const std::string& path, std::string_view bytes);

}  // namespace weir::xds::files
