// A folder for sockets, whose paths must be short; the test's own folder need not be.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace weir::restart {

struct ShortFolder {
  ShortFolder() { path = mkdtemp(path.data()); }
  ~ShortFolder() { std::filesystem::remove_all(path); }

  std::string path = "/tmp/weir-XXXXXX";
};

}  // namespace weir::restart
