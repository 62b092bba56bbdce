#include "source/extensions/listener_filters/http_inspector/request_guess.h"

#include <algorithm>

namespace weir::extensions::http_inspector {

namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr size_t kMaxMethodBytes = 32;
constexpr std::string_view kEmptyLines = "\r\n";  // which may come first (RFC 9112 §2.2)

bool IsMethodByte(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

}  // namespace

Guess GuessRequest(std::string_view bytes) {
  if (bytes.substr(0, kPreface.size()) == kPreface.substr(0, bytes.size())) {
    return bytes.size() < kPreface.size() ? Guess::kNeedMore : Guess::kHttp2;
  }
  std::string_view text = bytes;
  text.remove_prefix(std::min(text.find_first_not_of(kEmptyLines), text.size()));
  const size_t method_size =
      static_cast<size_t>(std::find_if_not(text.begin(), text.end(), IsMethodByte) - text.begin());
  if (method_size > kMaxMethodBytes) return Guess::kNotHttp;
  const bool has_method = method_size < text.size();
  if (has_method && (method_size == 0 || text[method_size] != ' ')) return Guess::kNotHttp;
  const size_t end = text.find('\n');
  if (end == std::string_view::npos) {
    return bytes.size() < kMaxRequestLineBytes ? Guess::kNeedMore : Guess::kNotHttp;
  }
  std::string_view line = text.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.ends_with(" HTTP/1.1")) return Guess::kHttp11;
  return line.ends_with(" HTTP/1.0") ? Guess::kHttp10 : Guess::kNotHttp;
}

}  // namespace weir::extensions::http_inspector
