// A folder of a test's own, gone when the test ends.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>
#include <system_error>

namespace weir::test {

struct TemporaryFolder {
  // Under /tmp, because sockets' paths must be short and the test's own folder need not be.
  TemporaryFolder() { path = mkdtemp(path.data()); }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string path = "/tmp/weir-XXXXXX";
};

}  // namespace weir::test
