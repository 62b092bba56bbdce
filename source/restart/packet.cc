#include "source/restart/packet.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace weir::restart {

namespace {

using Control = std::array<char, CMSG_SPACE(kMaxDescriptors * sizeof(int))>;

std::vector<base::Descriptor> DescriptorsOf(msghdr& message) {
  std::vector<base::Descriptor> descriptors;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
      descriptors.emplace_back(fd);
    }
  }
  return descriptors;
}

absl::Status ErrorOf(int error) {
  if (error == EAGAIN) return absl::UnavailableError("nothing can be sent or read now");
  return absl::NotFoundError(std::generic_category().message(error));
}

ucred PeerOf(int socket) {
  ucred peer{0, static_cast<uid_t>(-1), static_cast<gid_t>(-1)};
  socklen_t size = sizeof peer;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) peer.pid = 0;
  return peer;
}

}  // namespace

absl::Status SendPacket(int socket, absl::Span<const std::string_view> fields,
                        absl::Span<const int> descriptors) {
  std::string bytes;
  for (const std::string_view& field : fields) {
    if (&field != fields.data()) bytes += '\0';
    bytes += field;
  }
  if (bytes.size() > kMaxPacketBytes || descriptors.size() > kMaxDescriptors) {
    return absl::InvalidArgumentError("too much for one packet");
  }
  iovec piece{bytes.data(), bytes.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  alignas(cmsghdr) Control control{};
  if (!descriptors.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
    cmsghdr* const part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
    std::memcpy(CMSG_DATA(part), descriptors.data(), descriptors.size() * sizeof(int));
  }
  return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? ErrorOf(errno) : absl::OkStatus();
}

absl::StatusOr<Packet> ReceivePacket(int socket) {
  const auto bytes = std::make_unique<char[]>(kMaxPacketBytes);
  iovec piece{bytes.get(), kMaxPacketBytes};
  alignas(cmsghdr) Control control{};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (size < 0) return ErrorOf(errno);
  Packet packet;
  // Owned at once, whatever is wrong with the rest.
  packet.descriptors = DescriptorsOf(message);
  if (size == 0) return absl::NotFoundError("it has closed the connection");
  if ((message.msg_flags & MSG_TRUNC) != 0) {
    return absl::InvalidArgumentError("a packet is too long");
  }
  if ((message.msg_flags & MSG_CTRUNC) != 0) {
    return absl::InvalidArgumentError("no descriptors are left to take what was passed");
  }
  const std::string_view text(bytes.get(), static_cast<size_t>(size));
  for (size_t begin = 0, end = 0; end < text.size(); begin = end + 1) {
    end = std::min(text.find('\0', begin), text.size());
    packet.fields.emplace_back(text.substr(begin, end - begin));
  }
  return packet;
}

absl::StatusOr<net::Address> SocketAddress(const std::string& path) {
  if (path.empty() || path.front() == '@') {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", path, "\" is no path: abstract names have no permissions"));
  }
  auto address = net::Address::Pipe(path);
  if (!address.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", path, "\" is too long for a socket's path"));
  }
  return address;
}

bool IsTrusted(int socket, uid_t also) {
  const uid_t peer = PeerOf(socket).uid;
  return peer == geteuid() || peer == 0 || peer == also;
}

int PeerPid(int socket) { return PeerOf(socket).pid; }

}  // namespace weir::restart
