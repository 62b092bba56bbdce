#include "source/control/resource_folder.h"

#include <errno.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"

namespace weir::control {
namespace {

namespace fs = std::filesystem;

constexpr uint32_t kFolderEvents = IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM |
                                   IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr uint32_t kParentEvents = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR;
constexpr uintmax_t kMaxFileBytes = 64 * 1024 * 1024;

fs::path Absolute(const std::string& path) {
  std::error_code ignored;
  fs::path absolute = fs::absolute(path, ignored).lexically_normal();
  return absolute.has_filename() ? absolute : absolute.parent_path();
}

bool IsResourceFile(const fs::directory_entry& entry) {
  std::error_code ignored;
  const std::string name = entry.path().filename().string();
  const std::string end = entry.path().extension().string();
  return name[0] != '.' && (end == ".yaml" || end == ".yml" || end == ".json") &&
         entry.is_regular_file(ignored);
}

absl::StatusOr<SourceFile> ReadOne(const fs::path& path) {
  std::error_code error;
  const uintmax_t size = fs::file_size(path, error);
  if (!error && size > kMaxFileBytes) {
    return absl::InvalidArgumentError(absl::StrCat(path.string(), ": is larger than 64 MiB"));
  }
  std::ifstream stream(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (!stream.good() && !stream.eof()) {
    return absl::UnavailableError(
        absl::StrCat(path.string(), ": cannot be read: ", std::strerror(errno)));
  }
  return SourceFile{path.string(), std::move(text)};
}

// A regular file that was just created is about to be written, and its closing will be told.
bool IsBeingWritten(const std::string& path) {
  struct stat status;
  return lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1;
}

}  // namespace

absl::StatusOr<std::vector<SourceFile>> ReadFolder(const std::string& folder) {
  std::error_code error;
  std::vector<fs::path> paths;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (IsResourceFile(*it)) paths.push_back(it->path());
  }
  if (error) {
    return absl::UnavailableError(absl::StrCat(folder, ": cannot be read: ", error.message()));
  }
  std::sort(paths.begin(), paths.end());
  std::vector<SourceFile> files;
  for (const fs::path& path : paths) {
    absl::StatusOr<SourceFile> file = ReadOne(path);
    if (!file.ok()) return file.status();
    files.push_back(*std::move(file));
  }
  return files;
}

ResourceFolder::ResourceFolder(event::Loop& loop, std::string path, std::function<void()> on_change)
    : loop_(loop),
      path_(Absolute(path).string()),
      parent_(Absolute(path).parent_path().string()),
      name_(Absolute(path).filename().string()),
      on_change_(std::move(on_change)),
      fd_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      event_(loop, fd_, *this),
      quiet_timer_(loop, [this] {
        first_event_ms_ = 0;
        on_change_();
      }) {}

ResourceFolder::~ResourceFolder() {
  event_.DisableRead();
  if (fd_ >= 0) close(fd_);
}

absl::Status ResourceFolder::Watch() {
  if (fd_ < 0) return absl::ErrnoToStatus(errno, "inotify is not available");
  parent_watch_ = inotify_add_watch(fd_, parent_.c_str(), kParentEvents);
  WatchFolder();
  if (folder_watch_ < 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat(path_, ": cannot be watched"));
  }
  event_.EnableRead();
  return absl::OkStatus();
}

void ResourceFolder::WatchFolder() {
  const int old = folder_watch_;
  folder_watch_ = inotify_add_watch(fd_, path_.c_str(), kFolderEvents);
  if (old >= 0 && old != folder_watch_) inotify_rm_watch(fd_, old);
}

void ResourceFolder::OnReadable() {
  alignas(inotify_event) char buffer[16 * 1024];
  bool has_changed = false;
  while (true) {
    const ssize_t size = read(fd_, buffer, sizeof(buffer));
    if (size <= 0) break;
    has_changed |= HandleEvents({buffer, static_cast<size_t>(size)});
  }
  if (!has_changed) return;
  if (first_event_ms_ == 0) first_event_ms_ = loop_.now_ms();
  const int64_t patience = first_event_ms_ + kPatienceMs - loop_.now_ms();
  quiet_timer_.Arm(std::clamp<int64_t>(patience, 1, kQuietMs));
}

bool ResourceFolder::HandleEvents(std::string_view events) {
  bool has_changed = false;
  while (events.size() >= sizeof(inotify_event)) {
    inotify_event event;
    std::memcpy(&event, events.data(), sizeof(event));
    const std::string_view name(events.data() + sizeof(event));  // ends with a zero byte
    has_changed |= Concerns(event.wd, event.mask, event.len > 0 ? name : std::string_view());
    events.remove_prefix(sizeof(event) + event.len);
  }
  return has_changed;
}

bool ResourceFolder::Concerns(int watch, uint32_t mask, std::string_view name) {
  if ((mask & IN_Q_OVERFLOW) != 0) return true;
  if (watch == parent_watch_) {
    if (name != name_) return false;
    WatchFolder();
    return true;
  }
  if (watch != folder_watch_) return false;  // of a folder that was here before
  if ((mask & IN_IGNORED) != 0) {
    folder_watch_ = -1;
    return true;
  }
  return (mask & IN_CREATE) == 0 || !IsBeingWritten(absl::StrCat(path_, "/", std::string(name)));
}

}  // namespace weir::control
