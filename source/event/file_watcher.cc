#include "source/event/file_watcher.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "source/base/strings.h"

namespace weir::event {
namespace {

constexpr uint32_t kChanges = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_ATTRIB;
constexpr uint32_t kEnd = IN_DELETE_SELF | IN_MOVE_SELF;

}  // namespace

FileWatcher::Watch::Watch(FileWatcher& watcher, std::string directory,
                          absl::AnyInvocable<void()> on_change)
    : watcher_(watcher),
      directory_(std::move(directory)),
      on_change_(std::make_shared<absl::AnyInvocable<void()>>(std::move(on_change))),
      timer_(watcher.loop_, [this] { OnTimer(); }) {}

FileWatcher::Watch::~Watch() {
  WatchList& watches = watcher_.watches_;
  watches.erase(this);
  const bool is_shared = std::any_of(watches.begin(), watches.end(),
                                     [this](const auto& other) { return other.second == id_; });
  if (id_ >= 0 && !is_shared) inotify_rm_watch(watcher_.fd_, id_);
}

void FileWatcher::Watch::Begin() {
  id_ = watcher_.OpenDirectory(directory_);
  watcher_.watches_[this] = id_;
}

void FileWatcher::Watch::Touch() { timer_.Arm(kSettleMs); }

void FileWatcher::Watch::OnTimer() {
  if (id_ < 0) {
    Begin();
    if (id_ < 0) return timer_.Arm(kSearchMs);
  }
  const auto on_change = on_change_;
  (*on_change)();
}

FileWatcher::FileWatcher(Loop& loop) : loop_(loop) {}

FileWatcher::~FileWatcher() {
  event_.reset();
  if (fd_ >= 0) close(fd_);
}

absl::StatusOr<std::unique_ptr<FileWatcher::Watch>> FileWatcher::WatchDirectory(
    std::string directory, absl::AnyInvocable<void()> on_change) {
  if (fd_ < 0) {
    fd_ = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd_ < 0) return absl::ErrnoToStatus(errno, "inotify_init1");
    event_ = std::make_unique<FdEvent>(loop_, fd_, static_cast<FdHandler&>(*this));
    event_->EnableRead();
  }
  std::unique_ptr<Watch> watch(new Watch(*this, std::move(directory), std::move(on_change)));
  watch->Begin();
  if (watch->id_ >= 0) return watch;
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot watch ", watch->directory_));
}

int FileWatcher::OpenDirectory(const std::string& directory) {
  return inotify_add_watch(fd_, directory.c_str(), kChanges | kEnd | IN_ONLYDIR);
}

void FileWatcher::OnReadable() {
  alignas(inotify_event) char buffer[8 * 1024];
  while (true) {
    const ssize_t count = read(fd_, buffer, sizeof(buffer));
    if (count <= 0) return;
    for (ssize_t at = 0; at < count;) {
      inotify_event event;
      std::memcpy(&event, buffer + at, sizeof(event));
      Dispatch(event.wd, event.mask);
      at += static_cast<ssize_t>(sizeof(event) + event.len);
    }
  }
}

void FileWatcher::Dispatch(int id, uint32_t mask) {
  const bool has_lost_some = (mask & IN_Q_OVERFLOW) != 0;
  const bool is_over = (mask & (kEnd | IN_IGNORED | IN_UNMOUNT)) != 0;
  // A directory that was moved away is another one now.
  if ((mask & IN_MOVE_SELF) != 0) inotify_rm_watch(fd_, id);
  for (auto& [watch, watch_id] : watches_) {
    if (watch_id != id && !has_lost_some) continue;
    if (is_over) watch->id_ = watch_id = -1;
    watch->Touch();
  }
}

}  // namespace weir::event
