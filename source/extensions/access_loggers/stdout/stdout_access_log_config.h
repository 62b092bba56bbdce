// envoy.access_loggers.stdout and envoy.access_loggers.stderr
// (envoy.extensions.access_loggers.stream.v3.StdoutAccessLog, StderrAccessLog): lines on the
// process's own streams, by the writer's thread.
#pragma once

#include <memory>

#include "source/base/line_writer.h"
#include "source/filter/registry.h"

namespace weir::extensions::stdout_access_log {

// `writer` outlives the factory; loggers may outlive both.
std::unique_ptr<filter::AccessLoggerFactory> CreateStdoutFactory(base::LineWriter& writer);
std::unique_ptr<filter::AccessLoggerFactory> CreateStderrFactory(base::LineWriter& writer);

}  // namespace weir::extensions::stdout_access_log
