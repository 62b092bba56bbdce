// The process's own log (not access logs): lines to standard error, by level and component.
//
//   WEIR_LOG(kWarning, "xds", "stream ended: ", status.message());
//
// The arguments are anything base::StrCat takes and are evaluated only when the level is on.
// Control bytes in the text are escaped, so that one call is one line whatever a peer sent.
// spdlog does the writing and stays inside log.cc. Thread-safe.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/strings.h"

namespace weir::base {

// In Envoy's order and under Envoy's names: trace debug info warning error critical off.
enum class LogLevel { kTrace, kDebug, kInfo, kWarning, kError, kCritical, kOff };

// The components of the log, each with a level of its own. One that first logs under a name that
// is not among them is added with the level that was last set for all.
std::vector<std::string> Components();
// The level for all when `component` is unknown.
LogLevel GetLogLevel(std::string_view component);
// Returns false when `component` is unknown.
bool SetLogLevel(std::string_view component, LogLevel level);
void SetAllLogLevels(LogLevel level);
// Accepts Envoy's level names (and "warn"); false when the name is none of them.
bool ParseLogLevel(std::string_view name, LogLevel& level);
std::string_view LogLevelName(LogLevel level);

// Replaces the layout of lines; `pattern` is spdlog's, as for Envoy's --log-format.
void SetLogFormat(std::string_view pattern);
// Writes to the end of the file at `path` instead of standard error; false when it does not open.
bool OpenLogFile(std::string_view path);

namespace internal {
extern std::atomic<int> lowest_level;  // of all components: one load decides the common case
bool IsLogged(LogLevel level, std::string_view component);
void WriteLog(LogLevel level, std::string_view component, std::string_view text);
}  // namespace internal

}  // namespace weir::base

#define WEIR_LOG(level, component, ...)                                               \
  do {                                                                                \
    if (static_cast<int>(::weir::base::LogLevel::level) >=                            \
            ::weir::base::internal::lowest_level.load(std::memory_order_relaxed) &&   \
        ::weir::base::internal::IsLogged(::weir::base::LogLevel::level, component)) { \
      ::weir::base::internal::WriteLog(::weir::base::LogLevel::level, component,      \
                                       ::weir::base::StrCat(__VA_ARGS__));            \
    }                                                                                 \
  } while (false)
