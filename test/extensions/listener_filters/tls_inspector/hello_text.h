// Makes TLS ClientHellos out of words, well formed or not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::extensions::tls_inspector {

inline std::string Number(size_t value, size_t size) {
  std::string out;
  while (size-- > 0) out += static_cast<char>(value >> (8 * size) & 0xff);
  return out;
}
inline std::string Vector(std::string_view content, size_t size) {
  return Number(content.size(), size) + std::string(content);
}
inline std::string Extension(uint32_t type, std::string_view content) {
  return Number(type, 2) + Vector(content, 2);
}
inline std::string ServerName(std::string_view name) {
  return Extension(0, Vector(Number(0, 1) + Vector(name, 2), 2));
}
inline std::string Alpn(const std::vector<std::string>& protocols) {
  std::string list;
  for (const std::string& protocol : protocols) list += Vector(protocol, 1);
  return Extension(16, Vector(list, 2));
}
// The handshake message, without a record around it.
inline std::string HelloMessage(std::string_view extensions) {
  const std::string body = Number(0x0303, 2) + std::string(32, 'r') + Vector("session", 1) +
                           Vector("\x13\x01", 2) + Vector(std::string(1, '\0'), 1) +
                           (extensions.empty() ? "" : Vector(extensions, 2));
  return Number(1, 1) + Vector(body, 3);
}
inline std::string Record(std::string_view fragment) {
  return Number(22, 1) + Number(0x0301, 2) + Vector(fragment, 2);
}
inline std::string Hello(std::string_view extensions) { return Record(HelloMessage(extensions)); }

}  // namespace weir::extensions::tls_inspector
