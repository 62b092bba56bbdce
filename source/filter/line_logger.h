// The access logger behind every sink that is a file or a stream: formats the line on the stream's
// worker and hands it to the writer's thread. Immutable, shared by workers; logging allocates
// nothing in steady state and never waits.
#pragma once

#include <memory>

#include "source/base/line_file.h"
#include "source/filter/access_log.h"
#include "source/filter/log_format.h"
#include "source/stats/stats.h"

namespace weir::filter {

// Of all files together, under "filesystem" as in Envoy.
struct LineLoggerStats {
  stats::Counter write_buffered;  // lines on their way to a file
  stats::Counter write_dropped;   // lines that a file was too slow for
  static constexpr stats::Metric kMetrics[] = {WEIR_METRIC(LineLoggerStats, write_buffered),
                                               WEIR_METRIC(LineLoggerStats, write_dropped)};
};

class LineLogger final : public AccessLogger {
 public:
  LineLogger(std::shared_ptr<const LogFormat> format, std::shared_ptr<base::LineFile> file,
             stats::Store& stats);

  void Log(const StreamInfo& info) const override;

 private:
  const std::shared_ptr<const LogFormat> format_;
  const std::shared_ptr<base::LineFile> file_;
  const std::shared_ptr<stats::Group<LineLoggerStats>> stats_;
};

}  // namespace weir::filter
