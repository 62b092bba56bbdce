// Tested by test/routing/request_matcher_test.cc

#include "source/routing/header_values.h"

#include <charconv>

namespace weir::routing {

using http::HeaderId;

bool AnyHeaderValue(const http::RequestHead& head, HeaderId id, std::string_view name, bool& found,
                    absl::FunctionRef<bool(std::string_view)> visit) {
  const auto one = [&](std::string_view value) { return found = true, visit(value); };
  if (name[0] == ':') {
    if (name == ":method") return one(head.method_name);
    if (name == ":authority") return one(head.authority);
    if (name == ":scheme") return one(head.scheme);
    if (name == ":path" && !head.path.empty()) return one(head.path);
    if (name == ":protocol" && !head.upgrade.empty()) return one(head.upgrade);
    return false;
  }
  if (id == HeaderId::kHost) return one(head.authority);
  if (id == HeaderId::kUpgrade) return !head.upgrade.empty() && one(head.upgrade);
  if (id == HeaderId::kContentLength) {
    if (head.content_length <= 0) return false;
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof(digits), head.content_length).ptr;
    return one(std::string_view(digits, end - digits));
  }
  for (const http::Header& header : head.headers) {
    if (header.id != id || (id == HeaderId::kOther && header.name != name)) continue;
    found = true;
    if (visit(header.value)) return true;
  }
  return false;
}

}  // namespace weir::routing
