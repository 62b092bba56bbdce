#include "source/tls/key_log.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "source/net/address.h"

namespace weir::tls {
namespace {

using AddressQuery = int (*)(int, sockaddr*, socklen_t*);

bool IsInside(const std::vector<net::CidrRange>& ranges, int fd, AddressQuery query) {
  if (ranges.empty()) return true;
  sockaddr_storage raw;
  socklen_t size = sizeof(raw);
  if (query(fd, reinterpret_cast<sockaddr*>(&raw), &size) != 0) return false;
  const net::Address address = net::Address::FromSockaddr(reinterpret_cast<sockaddr*>(&raw), size);
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const net::CidrRange& range) { return range.Contains(address); });
}

}  // namespace

absl::StatusOr<std::shared_ptr<KeyLog>> KeyLog::Open(KeyLogConfig config) {
  const int file =
      open(config.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", config.path));
  return std::shared_ptr<KeyLog>(new KeyLog(std::move(config), file));
}

KeyLog::~KeyLog() { close(file_); }

bool KeyLog::IsWanted(int fd) const {
  return IsInside(config_.local_ranges, fd, getsockname) &&
         IsInside(config_.remote_ranges, fd, getpeername);
}

void KeyLog::Write(int fd, std::string_view line) {
  if (!IsWanted(fd)) return;
  std::string text(line);
  text += '\n';
  // One that does not fit is lost: a full disk must not end connections.
  [[maybe_unused]] const ssize_t written = write(file_, text.data(), text.size());
}

}  // namespace weir::tls
