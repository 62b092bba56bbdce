#include "source/http/cookie.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "source/base/strings.h"
#include "source/http/field_syntax.h"

namespace weir::http {
namespace {

std::string_view Unquoted(std::string_view value) {
  if (value.size() < 2 || !value.starts_with('"') || !value.ends_with('"')) return value;
  return value.substr(1, value.size() - 2);
}

// In one field, "a=1; b=2".
std::optional<std::string_view> FindIn(std::string_view field, std::string_view name) {
  while (!field.empty()) {
    const std::string_view part = field.substr(0, field.find(';'));
    field.remove_prefix(std::min(part.size() + 1, field.size()));
    const std::string_view pair = TrimOws(part);
    const size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
      return Unquoted(pair.substr(equals + 1));
    }
  }
  return std::nullopt;
}

}  // namespace

std::string_view FindCookie(const HeaderMap& headers, std::string_view name) {
  if (!headers.Has(HeaderId::kCookie)) return {};
  for (const Header& header : headers) {
    if (header.id != HeaderId::kCookie) continue;
    if (const auto value = FindIn(header.value, name)) return *value;
  }
  return {};
}

CookieTemplate::CookieTemplate(std::string name, int64_t max_age_s, std::string_view path,
                               const std::vector<Attribute>& attributes)
    : name_(std::move(name)), tail_("\"") {
  if (max_age_s > 0) base::StrAppend(&tail_, "; Max-Age=", max_age_s);
  if (!path.empty()) base::StrAppend(&tail_, "; Path=", path);
  for (const auto& [attribute, value] : attributes) {
    base::StrAppend(&tail_, "; ", attribute, value.empty() ? "" : "=", value);
  }
  tail_ += "; HttpOnly";
}

std::string_view CookieTemplate::Write(std::string_view value, base::Arena& arena) const {
  const size_t size = name_.size() + 2 + value.size() + tail_.size();
  char* const bytes = arena.AllocateBytes(size);
  char* end = bytes;
  for (const std::string_view part :
       {std::string_view(name_), std::string_view("=\""), value, std::string_view(tail_)}) {
    std::memcpy(end, part.data(), part.size());
    end += part.size();
  }
  return {bytes, size};
}

bool IsCookieName(std::string_view name) { return IsToken(name); }

bool IsCookieAttribute(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](unsigned char c) { return c < 0x20 || c == 0x7f || c == ';'; });
}

}  // namespace weir::http
