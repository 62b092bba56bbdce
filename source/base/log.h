// The process's own log (not access logs): lines to standard error, by level and component.
//
//   WEIR_LOG(kWarning, "xds", "stream ended: ", status.message());
//
// The arguments are anything absl::StrCat takes and are evaluated only when the level is on.
// spdlog does the writing and stays inside log.cc. Thread-safe.
#pragma once

#include <atomic>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace weir::base {

// In Envoy's order and under Envoy's names: trace debug info warning error critical off.
enum class LogLevel { kTrace, kDebug, kInfo, kWarning, kError, kCritical, kOff };

// The components of the log, each with a level of its own: see Components().
LogLevel GetLogLevel(std::string_view component);
// Returns false when `component` is unknown.
bool SetLogLevel(std::string_view component, LogLevel level);
void SetAllLogLevels(LogLevel level);
// Accepts Envoy's level names (and "warn"); false when the name is none of them.
bool ParseLogLevel(std::string_view name, LogLevel& level);
std::string_view LogLevelName(LogLevel level);

namespace internal {
extern std::atomic<int> lowest_level;  // of all components: one load decides the common case
bool IsLogged(LogLevel level, std::string_view component);
void WriteLog(LogLevel level, std::string_view component, std::string_view text);
}  // namespace internal

}  // namespace weir::base

#define WEIR_LOG(level, component, ...)                                                         \
  do {                                                                                          \
    if (static_cast<int>(::weir::base::LogLevel::level) >=                                      \
            ::weir::base::internal::lowest_level.load(std::memory_order_relaxed) &&             \
        ::weir::base::internal::IsLogged(::weir::base::LogLevel::level, component)) {           \
      ::weir::base::internal::WriteLog(::weir::base::LogLevel::level, component,                \
                                       ::absl::StrCat(__VA_ARGS__));                            \
    }                                                                                           \
  } while (false)
