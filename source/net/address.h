// An IPv4, IPv6 or Unix-domain socket address: a value, cheap to copy and to compare.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/in.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace weir::net {

class Address {
 public:
  Address() = default;
  // `ip` is a literal ("127.0.0.1", "::1", "fe80::1%eth0"), never a name.
  static absl::StatusOr<Address> ParseIp(std::string_view ip, uint16_t port);
  // "127.0.0.1:80", "[::1]:80".
  static absl::StatusOr<Address> ParseIpPort(std::string_view text);
  // A path (at most 107 bytes) or, with a leading '@', an abstract name.
  static absl::StatusOr<Address> Pipe(std::string_view path);
  static Address FromSockaddr(const sockaddr* raw, socklen_t size);

  bool is_set() const { return size_ != 0; }
  bool is_ip() const { return family() == AF_INET || family() == AF_INET6; }
  int family() const { return raw_.any.sa_family; }
  uint16_t port() const;  // 0 for a pipe
  Address WithPort(uint16_t port) const;
  // Envoy's form: "1.2.3.4:80", "[::1]:80", the path of a pipe.
  std::string ToString() const;
  // Without the port.
  std::string IpString() const;

  const sockaddr* raw() const { return &raw_.any; }
  socklen_t size() const { return size_; }

  friend bool operator==(const Address& a, const Address& b);
  template <typename H>
  friend H AbslHashValue(H h, const Address& a) {
    return H::combine_contiguous(std::move(h), reinterpret_cast<const char*>(&a.raw_), a.size_);
  }

 private:
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
    sockaddr_un pipe;
  } raw_ = {};
  socklen_t size_ = 0;
};

}  // namespace weir::net
