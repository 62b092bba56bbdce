// The extensions that this build has, and the objects they share. A custom build replaces
// extensions.cc by a list of its own.
#pragma once

#include <memory>

#include "source/base/line_writer.h"
#include "source/filter/registry.h"

namespace weir {

class Extensions {
 public:
  Extensions();
  ~Extensions();

  const filter::ExtensionRegistry& registry() const { return registry_; }
  // Opens access-log files anew: somebody moved them away. Main thread.
  void ReopenLogs();
  base::LineWriter& log_writer();

 private:
  struct Shared;

  std::unique_ptr<Shared> shared_;
  filter::ExtensionRegistry registry_;
};

}  // namespace weir
