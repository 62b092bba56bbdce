// envoy.access_loggers.file (envoy.extensions.access_loggers.file.v3.FileAccessLog): lines appended
// to a file. The factory's users share the writer's thread, and its file where paths are equal.
#pragma once

#include <memory>

#include "source/base/line_writer.h"
#include "source/filter/registry.h"

namespace weir::extensions::file {

// `writer` outlives the factory; loggers may outlive both.
std::unique_ptr<filter::AccessLoggerFactory> CreateFactory(base::LineWriter& writer);

}  // namespace weir::extensions::file
