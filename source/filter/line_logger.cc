#include "source/filter/line_logger.h"

#include <utility>

namespace weir::filter {

LineLogger::LineLogger(std::shared_ptr<const LogFormat> format,
                       std::shared_ptr<base::LineFile> file, stats::Store& stats)
    : format_(std::move(format)),
      file_(std::move(file)),
      stats_(stats.AddGroup<LineLoggerStats>("filesystem")) {}

void LineLogger::Log(const StreamInfo& info) const {
  // Keeps its memory from call to call.
  thread_local std::string line;
  line.clear();
  format_->AppendLine(info, line);
  LineLoggerStats& stats = stats_->Here();
  (file_->Write(line) ? stats.write_buffered : stats.write_dropped).Add();
}

}  // namespace weir::filter
