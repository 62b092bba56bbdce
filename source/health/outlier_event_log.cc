#include "source/health/outlier_event_log.h"

#include <utility>

#include "absl/time/time.h"
#include "source/base/json_string.h"
#include "source/base/strings.h"

namespace weir::health {
namespace {

constexpr std::string_view kCauseNames[kEjectionCauses] = {"CONSECUTIVE_5XX",
                                                           "CONSECUTIVE_GATEWAY_FAILURE",
                                                           "SUCCESS_RATE",
                                                           "CONSECUTIVE_LOCAL_ORIGIN_FAILURE",
                                                           "SUCCESS_RATE_LOCAL_ORIGIN",
                                                           "FAILURE_PERCENTAGE",
                                                           "FAILURE_PERCENTAGE_LOCAL_ORIGIN"};

std::string Opening(const OutlierEvent& event, std::string_view cause, std::string_view action) {
  std::string line =
      base::StrCat("{\"type\":\"", cause, "\",\"timestamp\":\"",
                   absl::FormatTime("%Y-%m-%d%ET%H:%M:%E3SZ", absl::FromUnixMicros(event.wall_us),
                                    absl::UTCTimeZone()),
                   "\"");
  if (event.ms_since_last_action >= 0) {
    // A 64-bit number: a string in protobuf's JSON.
    line += base::StrCat(",\"secs_since_last_action\":\"", event.ms_since_last_action / 1000, "\"");
  }
  return line + base::StrCat(",\"cluster_name\":", base::JsonString(event.cluster_name),
                             ",\"upstream_url\":", base::JsonString(event.host), ",\"action\":\"",
                             action, "\",\"num_ejections\":", event.ejections);
}

uint32_t Percent(double value) { return value <= 0 ? 0 : static_cast<uint32_t>(value); }

std::string Text(const Evidence& evidence) {
  if (const auto* rate = std::get_if<SuccessRateEvidence>(&evidence)) {
    return base::StrCat("\"eject_success_rate_event\":{\"host_success_rate\":", Percent(rate->host),
                        ",\"cluster_average_success_rate\":", Percent(rate->mean),
                        ",\"cluster_success_rate_ejection_threshold\":", Percent(rate->threshold),
                        "}");
  }
  if (const auto* failures = std::get_if<FailurePercentageEvidence>(&evidence)) {
    return base::StrCat("\"eject_failure_percentage_event\":{\"host_success_rate\":",
                        Percent(failures->host_success_rate), "}");
  }
  return "\"eject_consecutive_event\":{}";
}

}  // namespace

std::string EjectionLine(const OutlierEvent& event, EjectionCause cause, bool is_enforced,
                         const Evidence& evidence) {
  return base::StrCat(Opening(event, kCauseNames[static_cast<size_t>(cause)], "EJECT"),
                      ",\"enforced\":", is_enforced ? "true" : "false", ",", Text(evidence), "}");
}

// The message has to have a type; of a return it means nothing.
std::string ReturnLine(const OutlierEvent& event) {
  return Opening(event, kCauseNames[0], "UNEJECT") + ",\"enforced\":false}";
}

absl::StatusOr<std::unique_ptr<OutlierEventLog>> OutlierEventLog::Open(const std::string& path) {
  std::unique_ptr<OutlierEventLog> log(new OutlierEventLog());
  auto file = log->writer_.Open(path);
  if (!file.ok()) return file.status();
  log->file_ = *std::move(file);
  return log;
}

void OutlierEventLog::NoteEjection(const OutlierEvent& event, EjectionCause cause, bool is_enforced,
                                   const Evidence& evidence) {
  file_->Write(EjectionLine(event, cause, is_enforced, evidence) + "\n");
}

void OutlierEventLog::NoteReturn(const OutlierEvent& event) {
  file_->Write(ReturnLine(event) + "\n");
}

}  // namespace weir::health
