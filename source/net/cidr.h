// A range of IP addresses: "10.0.0.0/8", "::1/128". A value; matching is a few compares.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "source/net/address.h"

namespace weir::net {

class CidrRange {
 public:
  // `ip` is a literal address; bits beyond `prefix_bits` are ignored. An error when prefix_bits is
  // more than 32 (IPv4) or 128 (IPv6).
  static absl::StatusOr<CidrRange> Create(std::string_view ip, uint32_t prefix_bits);

  // Never true for another family, or for a pipe.
  bool Contains(const Address& address) const;
  uint32_t prefix_bits() const { return prefix_bits_; }
  bool is_v4() const { return family_ == AF_INET; }
  std::string ToString() const;

  friend bool operator==(const CidrRange& a, const CidrRange& b) = default;

 private:
  int family_ = 0;
  uint8_t bytes_[16] = {};
  uint32_t prefix_bits_ = 0;
};

}  // namespace weir::net
