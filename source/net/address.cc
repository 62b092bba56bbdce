#include "source/net/address.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstring>

#include "absl/strings/numbers.h"
#include "source/base/strings.h"

namespace weir::net {

struct Address::PipeName {
  std::atomic<uint32_t> references;
  socklen_t size;
  sockaddr_un raw;
};

namespace {

constexpr size_t kPathOffset = offsetof(sockaddr_un, sun_path);
// One byte less than sun_path: tools and log lines expect a terminated path.
constexpr size_t kMaxPipeBytes = sizeof(sockaddr_un::sun_path) - 1;

absl::Status NotAnAddress(std::string_view text) {
  return absl::InvalidArgumentError(base::StrCat("'", text, "' is not an IP address"));
}

bool ParseScope(const std::string& scope, uint32_t& id) {
  if (absl::SimpleAtoi(scope, &id)) return id != 0;
  id = if_nametoindex(scope.c_str());
  return id != 0;
}

std::string FormatIpv6(const sockaddr_in6& v6) {
  char text[INET6_ADDRSTRLEN];
  std::string ip = inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
  if (v6.sin6_scope_id == 0) return ip;
  char interface_name[IF_NAMESIZE];
  if (if_indextoname(v6.sin6_scope_id, interface_name) != nullptr) {
    return base::StrCat(ip, "%", interface_name);
  }
  return base::StrCat(ip, "%", v6.sin6_scope_id);
}

std::string FormatIpv4(const sockaddr_in& v4) {
  char text[INET_ADDRSTRLEN];
  return inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
}

}  // namespace

absl::StatusOr<Address> Address::ParseIp(std::string_view ip, uint16_t port) {
  Address address;
  const std::string text(ip);  // inet_pton wants a terminated string
  if (text.size() != std::strlen(text.c_str())) return NotAnAddress(text.c_str());
  if (inet_pton(AF_INET, text.c_str(), &address.raw_.v4.sin_addr) == 1) {
    address.raw_.v4.sin_family = AF_INET;
    address.raw_.v4.sin_port = htons(port);
    return address;
  }
  address.raw_ = Raw{};
  sockaddr_in6& v6 = address.raw_.v6;
  const size_t percent = text.find('%');
  if (inet_pton(AF_INET6, text.substr(0, percent).c_str(), &v6.sin6_addr) != 1) {
    return NotAnAddress(ip);
  }
  if (percent != std::string::npos && !ParseScope(text.substr(percent + 1), v6.sin6_scope_id)) {
    return absl::InvalidArgumentError(
        base::StrCat("'", ip, "': no network interface '", text.substr(percent + 1), "'"));
  }
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  return address;
}

absl::StatusOr<Address> Address::ParseIpPort(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return absl::InvalidArgumentError(base::StrCat("'", text, "' has no port"));
  }
  std::string_view ip = text.substr(0, colon);
  const bool is_bracketed = ip.size() >= 2 && ip.front() == '[' && ip.back() == ']';
  if (is_bracketed) ip = ip.substr(1, ip.size() - 2);
  // An IPv6 address without brackets is ambiguous; brackets around IPv4 are a mistake.
  if (is_bracketed != (ip.find(':') != std::string_view::npos)) return NotAnAddress(text);
  const std::string_view digits = text.substr(colon + 1);
  uint32_t port = 0;
  const bool is_number = !digits.empty() && digits.size() <= 5 &&
                         digits.find_first_not_of("0123456789") == std::string_view::npos &&
                         absl::SimpleAtoi(base::ToAbsl(digits), &port);
  if (!is_number || port > 65535) {
    return absl::InvalidArgumentError(base::StrCat("'", text, "': '", digits, "' is not a port"));
  }
  return ParseIp(ip, static_cast<uint16_t>(port));
}

absl::StatusOr<Address> Address::Pipe(std::string_view path) {
  if (path.empty() || path == "@") {
    return absl::InvalidArgumentError("the path of a Unix-domain socket is empty");
  }
  if (path.size() > kMaxPipeBytes) {
    return absl::InvalidArgumentError(base::StrCat("the path of a Unix-domain socket has ",
                                                   path.size(), " bytes, at most ", kMaxPipeBytes,
                                                   " are possible: '", path, "'"));
  }
  if (path.front() != '@' && path.find('\0') != std::string_view::npos) {
    return absl::InvalidArgumentError("the path of a Unix-domain socket has a NUL byte in it");
  }
  std::string name(path);
  if (name.front() == '@') name.front() = '\0';
  return OfPipe(name.data(), name.size());
}

Address Address::OfPipe(const char* bytes, size_t size) {
  Address address;
  address.raw_.pipe.family = AF_UNIX;
  if (size == 0) return address;
  auto* name = new PipeName{{1}, 0, {}};
  name->raw.sun_family = AF_UNIX;
  std::memcpy(name->raw.sun_path, bytes, size);
  // An abstract name is as long as it says; a path ends with its NUL.
  const bool is_abstract = bytes[0] == '\0';
  name->size = static_cast<socklen_t>(kPathOffset + size + (is_abstract ? 0 : 1));
  address.raw_.pipe.name = name;
  return address;
}

Address Address::FromSockaddr(const sockaddr* raw, socklen_t size) {
  Address address;
  if (raw == nullptr || size < sizeof(sa_family_t)) return address;
  if (raw->sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    std::memcpy(&address.raw_.v4, raw, sizeof(sockaddr_in));
    std::memset(address.raw_.v4.sin_zero, 0, sizeof(address.raw_.v4.sin_zero));
  } else if (raw->sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 v6;
    std::memcpy(&v6, raw, sizeof(v6));
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      address.raw_.v4.sin_family = AF_INET;
      address.raw_.v4.sin_port = v6.sin6_port;
      std::memcpy(&address.raw_.v4.sin_addr, &v6.sin6_addr.s6_addr[12], 4);
    } else {
      address.raw_.v6 = v6;
      address.raw_.v6.sin6_flowinfo = 0;
    }
  } else if (raw->sa_family == AF_UNIX && size <= sizeof(sockaddr_un)) {
    const char* path = reinterpret_cast<const sockaddr_un*>(raw)->sun_path;
    size_t length = size - kPathOffset;
    if (length > 0 && path[0] != '\0') length = strnlen(path, length);
    return OfPipe(path, std::min(length, kMaxPipeBytes));
  }
  return address;
}

void Address::RetainPipe() const {
  PipeName* name = raw_.pipe.name;
  if (name != nullptr) name->references.fetch_add(1, std::memory_order_relaxed);
}

void Address::ReleasePipe() const {
  PipeName* name = raw_.pipe.name;
  if (name != nullptr && name->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    delete name;
  }
}

uint16_t Address::port() const {
  // The port is at the same place in both.
  return is_ip() ? ntohs(raw_.v4.sin_port) : 0;
}

Address Address::WithPort(uint16_t port) const {
  Address copy = *this;
  if (is_ip()) copy.raw_.v4.sin_port = htons(port);
  return copy;
}

const sockaddr* Address::raw() const {
  const bool is_named_pipe = is_pipe() && raw_.pipe.name != nullptr;
  return is_named_pipe ? reinterpret_cast<const sockaddr*>(&raw_.pipe.name->raw) : &raw_.any;
}

socklen_t Address::size() const {
  switch (family()) {
    case AF_INET:
      return sizeof(sockaddr_in);
    case AF_INET6:
      return sizeof(sockaddr_in6);
    case AF_UNIX:
      return raw_.pipe.name != nullptr ? raw_.pipe.name->size : sizeof(sa_family_t);
    default:
      return 0;
  }
}

std::string Address::IpString() const {
  switch (family()) {
    case AF_INET:
      return FormatIpv4(raw_.v4);
    case AF_INET6:
      return FormatIpv6(raw_.v6);
    default:
      return ToString();
  }
}

std::string Address::ToString() const {
  if (family() == AF_INET) return base::StrCat(FormatIpv4(raw_.v4), ":", port());
  if (family() == AF_INET6) return base::StrCat("[", FormatIpv6(raw_.v6), "]:", port());
  if (!is_pipe() || raw_.pipe.name == nullptr) return "";
  const PipeName& name = *raw_.pipe.name;
  const bool is_abstract = name.raw.sun_path[0] == '\0';
  std::string path(name.raw.sun_path, name.size - kPathOffset - (is_abstract ? 0 : 1));
  if (is_abstract) path.front() = '@';
  return path;
}

bool operator==(const Address& a, const Address& b) {
  return a.size() == b.size() && std::memcmp(a.raw(), b.raw(), a.size()) == 0;
}

}  // namespace weir::net
