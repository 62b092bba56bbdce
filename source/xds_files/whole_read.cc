// Tested by test/xds_files/private_file_test.cc
#include "source/xds_files/whole_read.h"

#include <unistd.h>

#include <cerrno>

namespace weir::xds::files {

bool ReadInto(int fd, std::string& bytes) {
  size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t count = read(fd, bytes.data() + at, bytes.size() - at);
    if (count < 0 && errno != EINTR) return false;
    if (count == 0) break;
    if (count > 0) at += static_cast<size_t>(count);
  }
  bytes.resize(at);
  return true;
}

}  // namespace weir::xds::files
