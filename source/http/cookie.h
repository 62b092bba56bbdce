// Cookies (RFC 6265): finding one in a request, and writing the Set-Cookie of one that the proxy
// itself gives out. What comes from a client is only looked at; what is written was checked when
// the configuration was read (IsCookieName, IsCookieAttribute). Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/base/arena.h"
#include "source/http/header_map.h"

namespace weir::http {

// The value of the first cookie of that name, without the quotes around it; empty when there is
// none.
std::string_view FindCookie(const HeaderMap& headers, std::string_view name);

// A cookie that is given out: what stands around its value is put together once.
class CookieTemplate {
 public:
  // Name and value; a value may be empty: "Secure".
  using Attribute = std::pair<std::string, std::string>;

  // `max_age_s` 0: until the browser closes. An empty path: the request's own folder.
  CookieTemplate(std::string name, int64_t max_age_s, std::string_view path,
                 const std::vector<Attribute>& attributes);

  const std::string& name() const { return name_; }
  // The value of a Set-Cookie field.
  std::string_view Write(std::string_view value, base::Arena& arena) const;

 private:
  std::string name_;
  std::string tail_;  // attributes; scripts never see the cookie (HttpOnly)
};

// A token (RFC 6265 §4.1.1).
bool IsCookieName(std::string_view name);
// Of a path, or of a name or value among the attributes: no control byte, and no ';', which would
// begin another attribute.
bool IsCookieAttribute(std::string_view text);

}  // namespace weir::http
