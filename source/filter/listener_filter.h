// The contract of a listener filter: looks at an accepted connection's first bytes before a
// filter chain is chosen (PROXY header, TLS ClientHello, original destination). It reads without
// taking: bytes are peeked, and only those it consumes are gone.
//
// One object an accepted socket; worker's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/net/address.h"

namespace weir::filter {

// What is known of a connection when its filter chain is chosen; listener filters fill it in.
struct AcceptedSocket {
  int fd = -1;
  net::Address remote, local;      // local: the original destination once a filter restored it
  net::Address direct_remote;      // the peer itself, whatever a PROXY header said
  bool is_redirected = false;      // `local` is where it was going, restored by a filter
  std::string server_name;         // SNI, lower case
  std::string transport_protocol;  // "tls" or "raw_buffer"
  std::vector<std::string> application_protocols;  // ALPN
  int64_t accepted_ns = 0;                         // the loop's time
};

class ListenerFilter {
 public:
  enum class Verdict : uint8_t { kContinue, kNeedMore, kClose };
  virtual ~ListenerFilter() = default;
  // How many of the first bytes it wants to see at most; 0: none, OnAccept decides.
  virtual size_t max_peek_bytes() const = 0;
  virtual Verdict OnAccept(AcceptedSocket& socket) = 0;
  // `bytes`: all that can be peeked now, growing from call to call. `consume`: how many leading
  // bytes are to be taken off the socket when the verdict is kContinue.
  virtual Verdict OnPeek(AcceptedSocket& socket, std::string_view bytes, size_t& consume) = 0;
};

class ListenerFilterConfig {
 public:
  virtual ~ListenerFilterConfig() = default;
  virtual std::unique_ptr<ListenerFilter> Create() const = 0;
};

}  // namespace weir::filter
