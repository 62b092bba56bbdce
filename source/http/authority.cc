#include "source/http/authority.h"

#include <arpa/inet.h>

#include <array>
#include <cstdint>
#include <cstring>

#include "source/http/field_syntax.h"

namespace weir::http {
namespace {

// Bytes of a name or IPv4 address → lower case; every other byte → 0.
constexpr std::array<char, 256> kHostTable = [] {
  std::array<char, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[c] = static_cast<char>(c);
  for (int c = 'a'; c <= 'z'; ++c) table[c] = static_cast<char>(c);
  for (int c = 'A'; c <= 'Z'; ++c) table[c] = static_cast<char>(c - 'A' + 'a');
  for (char c : std::string_view("-._~!$&'()*+;=")) table[c] = c;
  return table;
}();

bool IsIpv6(std::string_view text) {
  char terminated[INET6_ADDRSTRLEN];
  if (text.size() >= sizeof(terminated) || text.find('\0') != text.npos) return false;
  std::memcpy(terminated, text.data(), text.size());
  terminated[text.size()] = '\0';
  in6_addr address;
  return inet_pton(AF_INET6, terminated, &address) == 1;
}

// How long the host at `begin` is, brackets included; 0 when it is none. Lower-cases it.
size_t ScanHost(char* begin, size_t size) {
  size_t end = 0;
  if (begin[0] != '[') {
    for (; end < size; ++end) {
      const char lower = kHostTable[static_cast<uint8_t>(begin[end])];
      if (lower == 0) break;
      begin[end] = lower;
    }
    return end;
  }
  while (end < size && begin[end] != ']') {
    begin[end] = ToLower(begin[end]);
    ++end;
  }
  if (end == size || !IsIpv6({begin + 1, end - 1})) return 0;
  return end + 1;
}

bool IsPort(std::string_view text) {
  if (text.size() > 5) return false;
  uint32_t port = 0;
  for (char c : text) {
    if (!IsDigit(c)) return false;
    port = port * 10 + static_cast<uint32_t>(c - '0');
  }
  return port <= 65535;
}

}  // namespace

Authority CanonicalizeAuthority(char* begin, size_t size) {
  if (size == 0) return {};
  const size_t scanned = ScanHost(begin, size);
  if (scanned == 0) return {};
  size_t host = scanned;
  if (begin[host - 1] == '.') --host;
  if (host == 0 || begin[host - 1] == '.') return {};
  if (scanned == size) return {{begin, host}, {begin, host}, false};

  const std::string_view port(begin + scanned + 1, size - scanned - 1);
  if (begin[scanned] != ':' || !IsPort(port)) return {};
  if (port.empty()) return {{begin, host}, {begin, host}, false};
  std::memmove(begin + host, begin + scanned, port.size() + 1);
  return {{begin, host + port.size() + 1}, {begin, host}, true};
}

}  // namespace weir::http
