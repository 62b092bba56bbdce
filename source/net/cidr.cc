#include "source/net/cidr.h"

#include <arpa/inet.h>

#include <cstring>

#include "absl/strings/str_cat.h"

namespace weir::net {

namespace {

// The address's bytes in network order; null unless it is an IP address of `family`.
const uint8_t* BytesOf(const Address& address, int family) {
  if (address.family() != family) return nullptr;
  if (family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address.raw());
    return reinterpret_cast<const uint8_t*>(&v4->sin_addr);
  }
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address.raw());
  return reinterpret_cast<const uint8_t*>(&v6->sin6_addr);
}

// The mask of the byte in which the prefix ends; `bits` is in 1..7.
uint8_t PartialMask(uint32_t bits) { return static_cast<uint8_t>(0xff << (8 - bits)); }

}  // namespace

absl::StatusOr<CidrRange> CidrRange::Create(std::string_view ip, uint32_t prefix_bits) {
  absl::StatusOr<Address> address = Address::ParseIp(ip, 0);
  if (!address.ok()) return address.status();
  const uint32_t most = address->family() == AF_INET ? 32 : 128;
  if (prefix_bits > most) {
    return absl::InvalidArgumentError(
        absl::StrCat("prefix of ", prefix_bits, " bits is out of range (0 to ", most, ")"));
  }
  CidrRange range;
  range.family_ = address->family();
  range.prefix_bits_ = prefix_bits;
  const uint32_t whole = prefix_bits / 8;
  const uint8_t* bytes = BytesOf(*address, range.family_);
  std::memcpy(range.bytes_, bytes, whole);
  if (prefix_bits % 8 != 0) range.bytes_[whole] = bytes[whole] & PartialMask(prefix_bits % 8);
  return range;
}

bool CidrRange::Contains(const Address& address) const {
  const uint8_t* bytes = BytesOf(address, family_);
  if (bytes == nullptr) return false;
  const uint32_t whole = prefix_bits_ / 8;
  if (std::memcmp(bytes, bytes_, whole) != 0) return false;
  const uint32_t rest = prefix_bits_ % 8;
  return rest == 0 || (bytes[whole] & PartialMask(rest)) == bytes_[whole];
}

std::string CidrRange::ToString() const {
  char text[INET6_ADDRSTRLEN];
  inet_ntop(family_, bytes_, text, sizeof text);
  return absl::StrCat(text, "/", prefix_bits_);
}

}  // namespace weir::net
