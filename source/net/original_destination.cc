#include "source/net/original_destination.h"

#include <netinet/in.h>
#include <sys/socket.h>

namespace weir::net {
namespace {

// SO_ORIGINAL_DST and IP6T_SO_ORIGINAL_DST. The kernel's headers that say so do not go together
// with the C library's.
constexpr int kOriginalDestination = 80;

Address TrackedDestination(int fd, int level) {
  sockaddr_storage raw{};
  socklen_t size = sizeof raw;
  if (getsockopt(fd, level, kOriginalDestination, &raw, &size) != 0) return {};
  return Address::FromSockaddr(reinterpret_cast<const sockaddr*>(&raw), size);
}

bool IsTransparent(int fd, int level, int option) {
  int is_set = 0;
  socklen_t size = sizeof is_set;
  return getsockopt(fd, level, option, &is_set, &size) == 0 && is_set != 0;
}

}  // namespace

Address OriginalDestination(int fd, const Address& local) {
  if (!local.is_ip()) return {};
  // An IPv4 connection of a dual-stack socket is tracked, and asked for, as one of IPv4.
  const bool is_v4 = local.family() == AF_INET;
  const int level = is_v4 ? SOL_IP : SOL_IPV6;
  Address tracked = TrackedDestination(fd, level);
  // Connection tracking tells of connections that were not redirected, too.
  if (tracked.is_set() && !(tracked == local)) return tracked;
  return IsTransparent(fd, level, is_v4 ? IP_TRANSPARENT : IPV6_TRANSPARENT) ? local : Address();
}

}  // namespace weir::net
