// The log of ejections: one line of JSON for each, in the form of
// envoy.data.cluster.v3.OutlierDetectionEvent. Main writes; a thread of the log's own meets the
// disk.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"
#include "source/base/line_writer.h"
#include "source/health/outlier_config.h"

namespace weir::health {

// Why a host was found, in percent.
struct StreakEvidence {};
struct SuccessRateEvidence {
  double host = 0;
  double mean = 0;
  double threshold = 0;
};
struct FailurePercentageEvidence {
  double host_success_rate = 0;
};
using Evidence = std::variant<StreakEvidence, SuccessRateEvidence, FailurePercentageEvidence>;

struct OutlierEvent {
  std::string_view cluster_name;
  std::string_view host;  // its address
  int64_t wall_us = 0;
  int64_t ms_since_last_action = -1;  // −1: there was none
  uint32_t ejections = 0;             // of this host, this one included
};

class OutlierEventLog {
 public:
  static absl::StatusOr<std::unique_ptr<OutlierEventLog>> Open(const std::string& path);

  void NoteEjection(const OutlierEvent& event, EjectionCause cause, bool is_enforced,
                    const Evidence& evidence);
  void NoteReturn(const OutlierEvent& event);
  // Waits until it is written. For tests.
  bool Flush() { return writer_.Flush(); }

 private:
  OutlierEventLog() = default;

  base::LineWriter writer_;
  std::shared_ptr<base::LineFile> file_;
};

// As the log has it, without the end of line.
std::string EjectionLine(const OutlierEvent& event, EjectionCause cause, bool is_enforced,
                         const Evidence& evidence);
std::string ReturnLine(const OutlierEvent& event);

}  // namespace weir::health
