// Messages that describe a cookie to give out, which differ by where they are declared only →
// http::CookieTemplate. Main thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/config/faults.h"
#include "source/http/cookie.h"
#include "source/routing/field_parser.h"

namespace weir::routing {

// Add a fault where the text would break out of the field.
void CheckCookieName(const std::string& name, std::string_view field, config::Faults& faults);
void CheckCookieAttribute(const std::string& text, std::string_view field, config::Faults& faults);

template <class Cookie>
std::shared_ptr<const http::CookieTemplate> ParseCookieTemplate(const Cookie& proto,
                                                                config::Faults& faults) {
  CheckCookieName(proto.name(), "name", faults);
  CheckCookieAttribute(proto.path(), "path", faults);
  std::vector<http::CookieTemplate::Attribute> attributes;
  for (int i = 0; i < proto.attributes_size(); ++i) {
    config::Faults::Scope scope(faults, "attributes", i);
    const auto& attribute = proto.attributes(i);
    CheckCookieName(attribute.name(), "name", faults);
    CheckCookieAttribute(attribute.value(), "value", faults);
    attributes.emplace_back(attribute.name(), attribute.value());
  }
  const absl::Duration ttl = ParseDuration(proto.ttl(), "ttl", faults);
  return std::make_shared<const http::CookieTemplate>(proto.name(), absl::ToInt64Seconds(ttl),
                                                      proto.path(), attributes);
}

}  // namespace weir::routing
