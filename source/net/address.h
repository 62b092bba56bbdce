// An IPv4, IPv6 or Unix-domain socket address: a value, cheap to copy and to compare.
//
// 32 bytes, because every host and every connection keeps some: the path of a pipe is held out of
// line, shared by the copies. Copies may be used on different threads. Two addresses are equal
// when a connect() to them would go to the same place; IPv6 flow labels are not kept.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace weir::net {

class Address {
 public:
  Address() = default;
  ~Address() {
    if (family() == AF_UNIX) ReleasePipe();
  }
  Address(const Address& other) : raw_(other.raw_) {
    if (family() == AF_UNIX) RetainPipe();
  }
  Address(Address&& other) noexcept : raw_(std::exchange(other.raw_, Raw{})) {}
  Address& operator=(Address other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }

  // `ip` is a literal ("127.0.0.1", "::1", "fe80::1%eth0"), never a name.
  static absl::StatusOr<Address> ParseIp(std::string_view ip, uint16_t port);
  // "127.0.0.1:80", "[::1]:80".
  static absl::StatusOr<Address> ParseIpPort(std::string_view text);
  // A path (at most 107 bytes) or, with a leading '@', an abstract name.
  static absl::StatusOr<Address> Pipe(std::string_view path);
  // As the kernel reports it; unset when it is of no family known here. An IPv4 peer of a
  // dual-stack socket (::ffff:1.2.3.4) becomes plain IPv4.
  static Address FromSockaddr(const sockaddr* raw, socklen_t size);

  bool is_set() const { return family() != AF_UNSPEC; }
  bool is_ip() const { return family() == AF_INET || family() == AF_INET6; }
  bool is_pipe() const { return family() == AF_UNIX; }
  int family() const { return raw_.any.sa_family; }
  uint16_t port() const;  // 0 for a pipe
  Address WithPort(uint16_t port) const;
  // Envoy's form: "1.2.3.4:80", "[::1]:80", the path of a pipe.
  std::string ToString() const;
  // Without the port; the path of a pipe.
  std::string IpString() const;

  // Valid as long as this address is neither changed nor destroyed.
  const sockaddr* raw() const;
  socklen_t size() const;  // 0 when unset

  friend bool operator==(const Address& a, const Address& b);
  template <typename H>
  friend H AbslHashValue(H h, const Address& a) {
    return H::combine_contiguous(std::move(h), reinterpret_cast<const char*>(a.raw()), a.size());
  }

 private:
  struct PipeName;
  struct PipeReference {
    sa_family_t family;
    PipeName* name;  // null: a socket without a name
  };
  union Raw {
    sockaddr_in6 v6;  // first, so that {} clears every byte that == and the hash look at
    sockaddr_in v4;
    sockaddr any;
    PipeReference pipe;
  };

  static Address OfPipe(const char* bytes, size_t size);
  void RetainPipe() const;
  void ReleasePipe() const;

  Raw raw_ = {};
};

static_assert(sizeof(Address) <= 32);

}  // namespace weir::net
