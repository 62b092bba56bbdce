// envoy.type.matcher.v3.StringMatcher as plain data, and how it is asked. Immutable, thread-safe,
// allocates nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "source/config/faults.h"
#include "source/config/regex.h"

namespace envoy::type::matcher::v3 {
class RegexMatcher;
class StringMatcher;
}  // namespace envoy::type::matcher::v3

namespace weir::routing {

struct StringMatcher {
  enum class Kind : uint8_t { kExact, kPrefix, kSuffix, kContains, kRegex };

  Kind kind = Kind::kExact;
  bool ignores_case = false;  // not for kRegex, which says (?i) itself
  std::string text;           // lower case when ignores_case
  std::shared_ptr<const config::Regex> regex;

  bool Matches(std::string_view value) const;
};

// Adds a fault and returns a matcher of no use when `proto` is wrong.
StringMatcher ParseStringMatcher(const envoy::type::matcher::v3::StringMatcher& proto,
                                 config::Faults& faults);
// Null with a fault.
std::shared_ptr<const config::Regex> ParseRegex(const envoy::type::matcher::v3::RegexMatcher& proto,
                                                config::Faults& faults);

}  // namespace weir::routing
