#include "source/base/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>

namespace weir::base {
namespace {

constexpr std::string_view kLevelNames[] = {"trace", "debug",    "info", "warning",
                                            "error", "critical", "off"};
constexpr char kDefaultFormat[] = "[%Y-%m-%d %H:%M:%S.%e][%t][%l][%n] %v";
constexpr LogLevel kDefaultLevel = LogLevel::kInfo;
constexpr std::string_view kKnownComponents[] = {
    "access_log", "admin", "config", "conn", "dns",   "filter", "http",     "listener",
    "main",       "pool",  "router", "rpc",  "stats", "tls",    "upstream", "xds"};

struct Component {
  std::string name;
  std::atomic<LogLevel> level;
};

// Written under the mutex, read without: entries are only ever appended.
class Registry {
 public:
  Registry() : sink_(std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    sink_->set_pattern(kDefaultFormat);
    for (std::string_view name : kKnownComponents) AddLocked(name);
  }

  size_t size() const { return count_.load(std::memory_order_acquire); }
  Component& at(size_t index) { return *components_[index]; }

  Component* Find(std::string_view name) {
    for (size_t i = 0, count = size(); i < count; ++i) {
      if (components_[i]->name == name) return components_[i].get();
    }
    return nullptr;
  }

  // Null when there are kMaxComponents others.
  Component* FindOrAdd(std::string_view name) {
    if (Component* found = Find(name)) return found;
    std::lock_guard<std::mutex> lock(mutex_);
    Component* found = Find(name);
    return found != nullptr ? found : AddLocked(name);
  }

  bool SetLevel(std::string_view name, LogLevel level) {
    std::lock_guard<std::mutex> lock(mutex_);
    Component* found = Find(name);
    if (found == nullptr) return false;
    found->level.store(level, std::memory_order_relaxed);
    PublishLowestLocked();
    return true;
  }

  void SetAllLevels(LogLevel level) {
    std::lock_guard<std::mutex> lock(mutex_);
    level_for_all_.store(level, std::memory_order_relaxed);
    for (size_t i = 0; i < size(); ++i) at(i).level.store(level, std::memory_order_relaxed);
    PublishLowestLocked();
  }

  LogLevel level_for_all() const { return level_for_all_.load(std::memory_order_relaxed); }

  std::shared_ptr<spdlog::sinks::sink> sink() {
    std::lock_guard<std::mutex> lock(mutex_);
    return sink_;
  }

  void SetFormat(std::string pattern) {
    std::lock_guard<std::mutex> lock(mutex_);
    format_ = std::move(pattern);
    sink_->set_pattern(format_);
  }

  void SetSink(std::shared_ptr<spdlog::sinks::sink> sink) {
    std::lock_guard<std::mutex> lock(mutex_);
    sink->set_pattern(format_);
    sink_.swap(sink);
  }

 private:
  static constexpr size_t kMaxComponents = 64;

  Component* AddLocked(std::string_view name) {
    const size_t index = size();
    if (index == kMaxComponents) return nullptr;
    components_[index].reset(new Component{std::string(name), level_for_all()});
    count_.store(index + 1, std::memory_order_release);
    PublishLowestLocked();
    return components_[index].get();
  }

  void PublishLowestLocked() {
    LogLevel lowest = level_for_all();  // counts: a component may yet be added with it
    for (size_t i = 0; i < size(); ++i) {
      lowest = std::min(lowest, at(i).level.load(std::memory_order_relaxed));
    }
    internal::lowest_level.store(static_cast<int>(lowest), std::memory_order_relaxed);
  }

  std::mutex mutex_;
  std::array<std::unique_ptr<Component>, kMaxComponents> components_;
  std::atomic<size_t> count_{0};
  std::atomic<LogLevel> level_for_all_{kDefaultLevel};
  std::string format_ = kDefaultFormat;
  std::shared_ptr<spdlog::sinks::sink> sink_;
};

Registry& TheRegistry() {
  static Registry* registry = new Registry();  // outlives every thread that may still log
  return *registry;
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

std::string EscapeControls(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string escaped;
  escaped.reserve(text.size() + 16);
  for (const char c : text) {
    if (!IsControl(c)) {
      escaped += c;
    } else if (c == '\n') {
      escaped += "\\n";
    } else if (c == '\r') {
      escaped += "\\r";
    } else if (c == '\t') {
      escaped += "\\t";
    } else {
      escaped += {'\\', 'x', kHex[(c >> 4) & 0xf], kHex[c & 0xf]};
    }
  }
  return escaped;
}

}  // namespace

namespace internal {

std::atomic<int> lowest_level{static_cast<int>(kDefaultLevel)};

bool IsLogged(LogLevel level, std::string_view component) {
  Component* found = TheRegistry().FindOrAdd(component);
  const LogLevel lowest = found == nullptr ? TheRegistry().level_for_all()
                                           : found->level.load(std::memory_order_relaxed);
  return level >= lowest;
}

void WriteLog(LogLevel level, std::string_view component, std::string_view text) {
  std::string escaped;
  if (std::any_of(text.begin(), text.end(), IsControl)) {
    escaped = EscapeControls(text);
    text = escaped;
  }
  const spdlog::details::log_msg message(spdlog::string_view_t(component.data(), component.size()),
                                         static_cast<spdlog::level::level_enum>(level),
                                         spdlog::string_view_t(text.data(), text.size()));
  const std::shared_ptr<spdlog::sinks::sink> sink = TheRegistry().sink();
  try {
    sink->log(message);
    sink->flush();
  } catch (const spdlog::spdlog_ex&) {
    // A full disk or a closed standard error must not end the proxy, and there is nowhere to say
    // so.
  }
}

}  // namespace internal

std::vector<std::string> Components() {
  Registry& registry = TheRegistry();
  std::vector<std::string> names;
  for (size_t i = 0, count = registry.size(); i < count; ++i) names.push_back(registry.at(i).name);
  std::sort(names.begin(), names.end());
  return names;
}

LogLevel GetLogLevel(std::string_view component) {
  Component* found = TheRegistry().Find(component);
  return found == nullptr ? TheRegistry().level_for_all()
                          : found->level.load(std::memory_order_relaxed);
}

bool SetLogLevel(std::string_view component, LogLevel level) {
  return TheRegistry().SetLevel(component, level);
}

void SetAllLogLevels(LogLevel level) { TheRegistry().SetAllLevels(level); }

bool ParseLogLevel(std::string_view name, LogLevel& level) {
  if (name == "warn") name = "warning";
  for (size_t i = 0; i < std::size(kLevelNames); ++i) {
    if (kLevelNames[i] != name) continue;
    level = static_cast<LogLevel>(i);
    return true;
  }
  return false;
}

std::string_view LogLevelName(LogLevel level) { return kLevelNames[static_cast<size_t>(level)]; }

void SetLogFormat(std::string_view pattern) { TheRegistry().SetFormat(std::string(pattern)); }

bool OpenLogFile(std::string_view path) {
  try {
    TheRegistry().SetSink(
        std::make_shared<spdlog::sinks::basic_file_sink_mt>(std::string(path), false));
    return true;
  } catch (const spdlog::spdlog_ex&) {
    return false;
  }
}

}  // namespace weir::base
