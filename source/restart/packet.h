// What a process and its successor say to each other: packets of text fields, some with
// descriptors, over a Unix-domain socket of type SOCK_SEQPACKET. The successor asks, the process
// that serves answers, one packet each:
//
//   hello PROTOCOL VERSION     ─►   welcome EPOCH         or  refused WHY
//   take LISTENER ADDRESS      ─►   sockets OUTLIVE (+ descriptors, perhaps none)   many times
//   live                       ─►   drains, and it takes no more connections
//
// OUTLIVE is 1 when somebody else keeps them open, see TakenSockets, and 0 otherwise. Whoever
// closes the connection before "live" has changed nothing.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "source/base/descriptor.h"
#include "source/net/address.h"

namespace weir::restart {

// Two processes that say different numbers do not understand each other.
inline constexpr std::string_view kProtocol = "1";

inline constexpr std::string_view kHello = "hello", kWelcome = "welcome", kRefused = "refused",
                                  kTake = "take", kSockets = "sockets", kLive = "live",
                                  kDrains = "drains";

struct Packet {
  std::vector<std::string> fields;  // at least one: what it is
  std::vector<base::Descriptor> descriptors;

  bool Is(std::string_view what, size_t field_count) const {
    return fields.size() == field_count && fields.front() == what;
  }
};

inline constexpr size_t kMaxPacketBytes = 64 * 1024;
// The kernel takes 253 at once; there are at most 128 workers.
inline constexpr size_t kMaxDescriptors = 200;

// Fields are free of NUL bytes. kUnavailable: the other side does not read.
absl::Status SendPacket(int socket, absl::Span<const std::string_view> fields,
                        absl::Span<const int> descriptors = {});
// kUnavailable: nothing has come yet, of a socket that does not block. kNotFound: the other side
// has gone. kInvalidArgument: what came is no packet.
absl::StatusOr<Packet> ReceivePacket(int socket);

// The error names the path and what is too long about it.
absl::StatusOr<net::Address> SocketAddress(const std::string& path);
// Whether the process at the other end runs as this one does, as root, or as `also`.
bool IsTrusted(int socket, uid_t also);
// Of the process at the other end; 0 when it cannot be told.
int PeerPid(int socket);

}  // namespace weir::restart
