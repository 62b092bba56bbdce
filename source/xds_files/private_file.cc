#include "source/xds_files/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "source/base/descriptor.h"
#include "source/xds_files/whole_read.h"

namespace weir::xds::files {
namespace {

absl::Status Failed(const std::string& path, const char* what) {
  return absl::ErrnoToStatus(errno, absl::StrCat(path, ": ", what));
}

absl::Status CheckOwner(const std::string& path, const struct stat& status, uid_t owner) {
  if (!S_ISREG(status.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(path, ": is no regular file"));
  }
  if (status.st_uid != owner) {
    return absl::PermissionDeniedError(
        absl::StrCat(path, ": belongs to user ", status.st_uid, ", not to ", owner));
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return absl::PermissionDeniedError(absl::StrCat(path, ": others may write to it"));
  }
  return absl::OkStatus();
}

absl::Status WriteAll(int fd, const std::string& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) return Failed(path, "cannot be written");
    if (count > 0) bytes.remove_prefix(static_cast<size_t>(count));
  }
  if (fsync(fd) != 0) return Failed(path, "cannot be brought to the disk");
  return absl::OkStatus();
}

absl::Status WriteNew(const std::string& path, std::string_view bytes) {
  // What a process that died has left. Never through a link that somebody else has put there.
  unlink(path.c_str());
  const base::Descriptor file(
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!file.is_open()) return Failed(path, "cannot be made");
  return WriteAll(file.get(), path, bytes);
}

// That the name leads to the new file has to be on the disk as well.
absl::Status SyncDirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const base::Descriptor opened(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.is_open() || fsync(opened.get()) != 0) {
    return Failed(directory, "cannot be brought to the disk");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ReadPrivateFile(const std::string& path, size_t max_bytes,
                                            uid_t owner) {
  // Not blocking: a pipe without a writer would never open.
  const base::Descriptor file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.is_open()) {
    return errno == ELOOP ? absl::FailedPreconditionError(absl::StrCat(path, ": is a link"))
                          : Failed(path, "cannot be opened");
  }
  struct stat status;
  if (fstat(file.get(), &status) != 0) return Failed(path, "cannot be looked at");
  const absl::Status owned = CheckOwner(path, status, owner);
  if (!owned.ok()) return owned;
  if (static_cast<size_t>(status.st_size) > max_bytes) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": has ", status.st_size, " bytes, at most ", max_bytes, " are read"));
  }
  std::string bytes(static_cast<size_t>(status.st_size), '\0');
  if (!ReadInto(file.get(), bytes)) return Failed(path, "cannot be read");
  return bytes;
}

absl::Status ReplacePrivateFile(const std::string& path, std::string_view bytes) {
  const std::string beside = path + ".new";
  absl::Status written = WriteNew(beside, bytes);
  if (written.ok() && rename(beside.c_str(), path.c_str()) != 0) {
    written = Failed(path, "cannot be replaced");
  }
  if (written.ok()) return SyncDirectoryOf(path);
  unlink(beside.c_str());
  return written;
}

}  // namespace weir::xds::files
