#include "source/admin/admin_request.h"

#include "source/net/address.h"

namespace weir::admin {

namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string Decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_escape = text[i] == '%' && i + 2 < text.size() && HexValue(text[i + 1]) >= 0 &&
                           HexValue(text[i + 2]) >= 0;
    if (is_escape) {
      out += static_cast<char>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

// "localhost:9901" → "localhost", "[::1]:9901" → "::1".
std::string_view HostOf(std::string_view authority) {
  if (authority.size() > 2 && authority.front() == '[') {
    return authority.substr(1, authority.find(']') - 1);
  }
  return authority.substr(0, authority.find(':'));
}

}  // namespace

AdminRequest ParseAdminRequest(http::Method method, std::string_view target) {
  AdminRequest request;
  request.method = method;
  const size_t mark = target.find('?');
  request.path = Decode(target.substr(0, mark));
  if (mark == std::string_view::npos) return request;
  std::string_view query = target.substr(mark + 1);
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(pair.size() == query.size() ? pair.size() : pair.size() + 1);
    const size_t equals = pair.find('=');
    std::string value = equals == std::string_view::npos ? "" : Decode(pair.substr(equals + 1));
    if (!pair.empty()) request.query[Decode(pair.substr(0, equals))] = std::move(value);
  }
  return request;
}

bool LooksForged(const http::RequestHead& head) {
  const std::string_view origin = head.headers.Value(http::HeaderId::kOrigin);
  if (!origin.empty()) {
    const size_t scheme_end = origin.find("://");
    const bool is_ours =
        scheme_end != std::string_view::npos && origin.substr(scheme_end + 3) == head.authority;
    if (!is_ours) return true;
  }
  const std::string_view host = HostOf(head.authority);
  return !host.empty() && host != "localhost" && !net::Address::ParseIp(host, 0).ok();
}

std::string EscapeHtml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace weir::admin
