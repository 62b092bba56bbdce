// The log of what active checks find: one envoy.data.core.v3.HealthCheckEvent a line, as JSON.
// Any thread; nobody waits for the disk.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "source/balancing/host.h"
#include "source/base/line_file.h"
#include "source/health/check_config.h"
#include "source/health/probe.h"

namespace weir::health {

enum class CheckEventKind : uint8_t {
  kEjected,
  kAdded,
  kFailure,
  kSuccess,
  kDegraded,
  kNoLongerDegraded
};

struct CheckEvent {
  CheckEventKind kind;
  CheckKind checker;
  ProbeFailure failure = ProbeFailure::kActive;  // kEjected and kFailure
  int http_status = 0;                           // likewise; 0: none
  bool is_first = false;                         // kAdded and kFailure
};

class CheckEventLog {
 public:
  explicit CheckEventLog(std::shared_ptr<base::LineFile> file) : file_(std::move(file)) {}

  void Write(std::string_view cluster, const balancing::Host& host, const CheckEvent& event,
             int64_t wall_us);

 private:
  const std::shared_ptr<base::LineFile> file_;
};

}  // namespace weir::health
