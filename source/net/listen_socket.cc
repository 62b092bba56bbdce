#include "source/net/listen_socket.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "source/base/descriptor.h"
#include "source/base/strings.h"

namespace weir::net {
namespace {

absl::Status ErrorOf(const std::string& what, int error) {
  const std::string text = base::StrCat(what, ": ", std::generic_category().message(error));
  switch (error) {
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(text);
    case EADDRINUSE:
      return absl::AlreadyExistsError(text);
    default:
      return absl::UnavailableError(text);
  }
}

struct WantedOption {
  bool is_wanted;
  int level;
  int name;
  int value;
  const char* label;
};

absl::Status SetOptions(int fd, const Address& address, const ListenOptions& options) {
  const bool is_v6 = address.family() == AF_INET6;
  const WantedOption wanted[] = {
      {address.is_ip(), SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR"},
      {address.is_ip() && options.reuse_port, SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT"},
      {is_v6, IPPROTO_IPV6, IPV6_V6ONLY, options.v6_only ? 1 : 0, "IPV6_V6ONLY"},
      {address.is_ip() && options.freebind, IPPROTO_IP, IP_FREEBIND, 1, "IP_FREEBIND"},
      // A dual-stack socket obeys the IPv4 option for the peers that are IPv4.
      {address.is_ip() && options.transparent, IPPROTO_IP, IP_TRANSPARENT, 1, "IP_TRANSPARENT"},
      {is_v6 && options.transparent, IPPROTO_IPV6, IPV6_TRANSPARENT, 1, "IPV6_TRANSPARENT"},
  };
  for (const WantedOption& option : wanted) {
    if (!option.is_wanted) continue;
    if (setsockopt(fd, option.level, option.name, &option.value, sizeof(option.value)) == 0) {
      continue;
    }
    return ErrorOf(base::StrCat("cannot set ", option.label, " for ", address.ToString()), errno);
  }
  return absl::OkStatus();
}

absl::Status SetConfigured(int fd, const std::string& name,
                           const std::vector<SocketOption>& options, SocketOption::When when) {
  for (const SocketOption& option : options) {
    if (option.when != when) continue;
    const auto size = static_cast<socklen_t>(option.value.size());
    if (setsockopt(fd, option.level, option.name, option.value.data(), size) == 0) continue;
    return ErrorOf(
        base::StrCat("cannot set socket option ", option.level, "/", option.name, " for ", name),
        errno);
  }
  return absl::OkStatus();
}

bool IsSocketFile(const std::string& path) {
  struct stat status;
  return lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

// A process that was killed leaves its socket file behind, and bind() refuses to reuse it. The
// file is stale only if nobody listens: connect() tells.
void RemoveStaleSocketFile(const Address& address) {
  const std::string path = address.ToString();
  if (path.empty() || path.front() == '@' || !IsSocketFile(path)) return;
  const base::Descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (probe.get() < 0) return;
  if (connect(probe.get(), address.raw(), address.size()) != 0 && errno == ECONNREFUSED) {
    unlink(path.c_str());
  }
}

}  // namespace

absl::StatusOr<int> BindListenSocket(const Address& address, const ListenOptions& options) {
  if (!address.is_set()) return absl::InvalidArgumentError("cannot bind: no address is set");
  const std::string name = address.ToString();
  base::Descriptor fd(socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return ErrorOf(base::StrCat("cannot make a socket for ", name), errno);
  absl::Status set = SetOptions(fd.get(), address, options);
  if (set.ok()) {
    set = SetConfigured(fd.get(), name, options.socket_options, SocketOption::When::kBeforeBind);
  }
  if (!set.ok()) return set;
  if (address.is_pipe()) RemoveStaleSocketFile(address);
  if (bind(fd.get(), address.raw(), address.size()) != 0) {
    return ErrorOf(base::StrCat("cannot bind ", name), errno);
  }
  // Nobody can connect before StartListening(), so there is no moment with a wider mode.
  if (address.is_pipe() && name.front() != '@' && chmod(name.c_str(), options.pipe_mode) != 0) {
    return ErrorOf(base::StrCat("cannot set the mode of ", name), errno);
  }
  set = SetConfigured(fd.get(), name, options.socket_options, SocketOption::When::kBound);
  if (!set.ok()) return set;
  return fd.Release();
}

absl::Status StartListening(int fd, int backlog, const std::vector<SocketOption>& socket_options) {
  const int error = listen(fd, backlog) == 0 ? 0 : errno;
  const absl::StatusOr<Address> address = BoundAddress(fd);
  const std::string name = address.ok() ? address->ToString() : "a socket";
  if (error != 0) return ErrorOf(base::StrCat("cannot listen on ", name), error);
  return SetConfigured(fd, name, socket_options, SocketOption::When::kListening);
}

absl::StatusOr<Address> BoundAddress(int fd) {
  sockaddr_storage raw;
  socklen_t size = sizeof(raw);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&raw), &size) != 0) {
    return ErrorOf("cannot read a socket's own address", errno);
  }
  return Address::FromSockaddr(reinterpret_cast<sockaddr*>(&raw), size);
}

}  // namespace weir::net
