#include "source/routing/string_matcher.h"

#include "source/routing/folded_text.h"

namespace weir::routing {

namespace {

bool MatchesFolded(StringMatcher::Kind kind, std::string_view value, std::string_view text) {
  switch (kind) {
    case StringMatcher::Kind::kExact:
      return EqualFolded(value, text);
    case StringMatcher::Kind::kPrefix:
      return StartsWithFolded(value, text);
    case StringMatcher::Kind::kSuffix:
      return EndsWithFolded(value, text);
    case StringMatcher::Kind::kContains:
      return ContainsFolded(value, text);
    case StringMatcher::Kind::kRegex:
      break;
  }
  return false;
}

}  // namespace

bool StringMatcher::Matches(std::string_view value) const {
  if (kind == Kind::kRegex) return regex->FullMatch(value);
  if (ignores_case) return MatchesFolded(kind, value, text);
  switch (kind) {
    case Kind::kExact:
      return value == text;
    case Kind::kPrefix:
      return value.starts_with(text);
    case Kind::kSuffix:
      return value.ends_with(text);
    default:
      return value.find(text) != std::string_view::npos;
  }
}

}  // namespace weir::routing
