// The folder of resource files: reads it, and says when something in it may have changed.
//
// Watched with inotify: files written, moved, linked and removed; the folder itself replaced; and
// the symbolic link `..data` swapped, which is how Kubernetes updates a mounted ConfigMap. Events
// are told once they have been quiet for a moment, so that copying ten files is one change. Write
// files elsewhere and move them here: a file that is caught half-written may pass for a whole one.
// Loop's thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "source/control/snapshot_builder.h"
#include "source/event/fd_event.h"
#include "source/event/loop.h"
#include "source/event/timer.h"

namespace weir::control {

// The *.yaml, *.yml and *.json of `folder` by name; hidden ones and folders in it are left out.
absl::StatusOr<std::vector<SourceFile>> ReadFolder(const std::string& folder);

class ResourceFolder final : private event::FdHandler {
 public:
  // How long no event must come, and how long to wait for that.
  static constexpr int64_t kQuietMs = 50;
  static constexpr int64_t kPatienceMs = 1000;

  ResourceFolder(event::Loop& loop, std::string path, std::function<void()> on_change);
  ~ResourceFolder();
  ResourceFolder(const ResourceFolder&) = delete;
  ResourceFolder& operator=(const ResourceFolder&) = delete;

  // An error when the folder is not there, or the system has no watches left.
  absl::Status Watch();

 private:
  void OnReadable() override;
  void OnWritable() override {}
  bool HandleEvents(std::string_view events);
  // Whether an event of the folder, or of the one around it, is of interest.
  bool Concerns(int watch, uint32_t mask, std::string_view name);
  void WatchFolder();

  event::Loop& loop_;
  const std::string path_;
  const std::string parent_;  // the folder around it, where it can be replaced
  const std::string name_;    // its name there
  const std::function<void()> on_change_;
  const int fd_;
  int folder_watch_ = -1;
  int parent_watch_ = -1;
  event::FdEvent event_;
  event::Timer quiet_timer_;
  int64_t first_event_ms_ = 0;
};

}  // namespace weir::control
