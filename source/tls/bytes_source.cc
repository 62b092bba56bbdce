#include "source/tls/bytes_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace weir::tls {

absl::StatusOr<std::string> ReadWholeFile(const std::string& path, size_t max_bytes) {
  // Not blocking: a pipe without a writer would stop the main thread.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  std::string bytes;
  char chunk[16 * 1024];
  ssize_t count;
  while ((count = read(fd, chunk, sizeof(chunk))) > 0 && bytes.size() <= max_bytes) {
    bytes.append(chunk, static_cast<size_t>(count));
  }
  const int error = errno;
  close(fd);
  if (count < 0) return absl::ErrnoToStatus(error, absl::StrCat("cannot read ", path));
  if (bytes.size() <= max_bytes) return bytes;
  return absl::InvalidArgumentError(
      absl::StrCat(path, " is larger than ", max_bytes / 1024, " KiB"));
}

absl::StatusOr<std::string> BytesSource::Load() const {
  switch (kind) {
    case Kind::kNone:
      break;
    case Kind::kInline:
      return text;
    case Kind::kFile:
      return ReadWholeFile(text, kMaxFileBytes);
    case Kind::kEnvironment: {
      const char* value = std::getenv(text.c_str());
      if (value != nullptr) return std::string(value);
      return absl::NotFoundError(absl::StrCat("environment variable ", text, " is not set"));
    }
  }
  return std::string();
}

std::string BytesSource::Name() const {
  if (kind == Kind::kInline) return "<inline>";
  return text;
}

bool BytesSource::is_open_to_all() const {
  struct stat status {};
  return kind == Kind::kFile && stat(text.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0;
}

std::string BytesSource::Directory() const {
  if (kind != Kind::kFile) return "";
  const size_t slash = text.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : text.substr(0, slash);
}

}  // namespace weir::tls
