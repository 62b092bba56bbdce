// What stands between a connection's bytes and its descriptor: TLS, or nothing (a null pointer
// means plaintext, which the connection does itself). One instance a connection; worker's thread.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/types/span.h"
#include "source/net/secure_info.h"

namespace weir::net {

struct IoResult {
  size_t bytes = 0;
  bool blocked = false;  // the descriptor had no more bytes, or no room
  // Blocked, but on the other direction: a handshake or a key update inside Read found no room to
  // write, or inside Write lacks bytes.
  bool needs_other_direction = false;
  // Blocked by the transport itself, with no event to come: to be called again in the next turn.
  bool again_later = false;
  bool eof = false;  // the peer ended its direction cleanly
  int error = 0;     // errno, or EPROTO for a transport's own failure
};

class TransportSocket {
 public:
  virtual ~TransportSocket() = default;
  // Both take the handshake as far as it goes first; the connection calls Read to start it.
  // Fills `into` with plaintext; stops when the descriptor has no more. May give bytes together
  // with an end or an error: the bytes come first.
  virtual IoResult Read(int fd, absl::Span<char> into) = 0;
  virtual IoResult Write(int fd, const iovec* from, int count) = 0;
  // The transport's own end-of-stream (close_notify), before the descriptor's shutdown(WR).
  virtual void ShutdownWrite(int fd) = 0;
  // True once application bytes may flow.
  virtual bool is_established() const = 0;
  // The protocol chosen by ALPN; empty when none.
  virtual std::string_view alpn() const = 0;
  // Once established: made on the first call, lives as long as the socket. Null: not a secure one.
  virtual const SecureInfo* secure_info() { return nullptr; }
  // Why the last call failed, for logs: never empty after an error.
  virtual std::string failure_reason() const = 0;
};

}  // namespace weir::net
