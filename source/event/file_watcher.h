// Tells when something changes in a directory: a file is written, moved into it, linked or removed,
// which covers editors, `mv` and the swap of a symbolic link by which Kubernetes updates a mounted
// secret. Changes of one moment are told once, a little after the last of them, so that a file that
// is being written is rarely read half. A directory that disappears is looked for until it is back.
// Loop's thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "source/base/intrusive_list.h"
#include "source/event/fd_event.h"
#include "source/event/loop.h"
#include "source/event/timer.h"

namespace weir::event {

class FileWatcher final : private FdHandler {
 public:
  // How long a directory must be quiet, and how often a lost one is looked for.
  static constexpr int64_t kSettleMs = 50;
  static constexpr int64_t kSearchMs = 1000;

  // Ends the watching when it ends; before its FileWatcher.
  class Watch {
   public:
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    friend class FileWatcher;
    Watch(FileWatcher& watcher, std::string directory, absl::AnyInvocable<void()> on_change);
    void Begin();
    void Touch();
    void OnTimer();

    FileWatcher& watcher_;
    const std::string directory_;
    // Shared with the call that is running: it may end this.
    const std::shared_ptr<absl::AnyInvocable<void()>> on_change_;
    Timer timer_;
    int id_ = -1;  // inotify's; -1: the directory is not there
  };

  explicit FileWatcher(Loop& loop);
  ~FileWatcher();

  // An error when the directory cannot be watched now. `on_change` may end its own Watch.
  absl::StatusOr<std::unique_ptr<Watch>> WatchDirectory(std::string directory,
                                                        absl::AnyInvocable<void()> on_change);

 private:
  // Watches of one directory share the kernel's number.
  using WatchList = absl::flat_hash_map<Watch*, int>;

  void OnReadable() override;
  void OnWritable() override {}
  void Dispatch(int id, uint32_t mask);
  int OpenDirectory(const std::string& directory);

  Loop& loop_;
  int fd_ = -1;  // opened with the first watch
  std::unique_ptr<FdEvent> event_;
  WatchList watches_;
};

}  // namespace weir::event
