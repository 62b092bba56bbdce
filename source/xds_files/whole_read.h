// Reads what a file holds. Blocks; thread-safe.
#pragma once

#include <string>

namespace weir::xds::files {

// As many bytes as `bytes` has room for, or as there are: it is shortened to those. False: errno
// says why.
bool ReadInto(int fd, std::string& bytes);

}  // namespace weir::xds::files
