// Text of resource files → one checked snapshot, or everything that is wrong with them: never half
// of a folder. Files are checked exactly as Weir checks what it is sent.
//
// A file is YAML or JSON with either shape, or both: a list `resources:` of messages with "@type",
// or the lists `clusters:`, `endpoints:`, `listeners:`, `routes:`, `secrets:`. Pure: no files, no
// thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "source/control/snapshot.h"

namespace weir::control {

struct SourceFile {
  std::string path;  // as faults call it
  std::string text;
};

struct BuildResult {
  std::shared_ptr<const Snapshot> snapshot;  // null: there are faults
  std::vector<std::string> faults;           // "file:line:column: field.path: what"
  std::vector<std::string> warnings;         // the same; what probably is a mistake
};

// `previous` (may be null) lends the bodies that did not change.
BuildResult BuildSnapshot(const std::vector<SourceFile>& files, const Snapshot* previous);

}  // namespace weir::control
