// What is written when a stream ends. A logger is immutable and shared by all workers; Log is
// called on the stream's worker and must not block: writing is a writer thread's work.
#pragma once

#include <memory>
#include <vector>

#include "source/filter/stream_info.h"

namespace weir::filter {

class AccessLogger {
 public:
  virtual ~AccessLogger() = default;
  virtual void Log(const StreamInfo& info) const = 0;
};

// Which streams a logger hears of (AccessLog.filter).
class AccessLogFilter {
 public:
  virtual ~AccessLogFilter() = default;
  virtual bool Admits(const StreamInfo& info) const = 0;
};

// The loggers of one listener, connection manager or tcp_proxy.
class AccessLogs {
 public:
  struct Entry {
    std::shared_ptr<const AccessLogFilter> filter;  // null: everything
    std::shared_ptr<const AccessLogger> logger;
  };
  void Add(Entry entry) { entries_.push_back(std::move(entry)); }
  bool empty() const { return entries_.empty(); }
  void Log(const StreamInfo& info) const {
    for (const Entry& entry : entries_) {
      if (entry.filter == nullptr || entry.filter->Admits(info)) entry.logger->Log(info);
    }
  }

 private:
  std::vector<Entry> entries_;
};

}  // namespace weir::filter
