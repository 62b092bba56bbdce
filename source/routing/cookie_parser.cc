// Tested by test/routing/hash_policy_parser_test.cc

#include "source/routing/cookie_parser.h"

#include "source/base/strings.h"

namespace weir::routing {

void CheckCookieName(const std::string& name, std::string_view field, config::Faults& faults) {
  if (http::IsCookieName(name)) return;
  faults.Add(field, base::StrCat("'", name, "' is not a token, as cookies have them"));
}

void CheckCookieAttribute(const std::string& text, std::string_view field, config::Faults& faults) {
  if (http::IsCookieAttribute(text)) return;
  faults.Add(field, "must hold no ';' and no control byte: they would end the attribute");
}

}  // namespace weir::routing
