#include "source/routing/request_matcher.h"

#include "source/base/strings.h"
#include "source/http/grpc.h"
#include "source/routing/header_values.h"
#include "source/routing/query_parameters.h"

namespace weir::routing {

bool HeaderMatcher::MatchesValue(std::string_view value) const {
  if (kind == Kind::kString) return string.Matches(value);
  const auto number = base::ParseInteger<int64_t>(value);
  return number.has_value() && begin <= *number && *number < end;
}

bool HeaderMatcher::Matches(const http::RequestHead& head) const {
  bool found = false;
  if (kind == Kind::kPresent) {
    AnyHeaderValue(head, id, name, found, [](std::string_view) { return true; });
    return (found == is_present) != inverts;
  }
  const bool fits =
      AnyHeaderValue(head, id, name, found, [this](std::string_view v) { return MatchesValue(v); });
  if (found) return fits != inverts;
  return missing_is_empty && MatchesValue({}) != inverts;
}

bool QueryParameterMatcher::Matches(std::string_view query) const {
  const auto value = FindQueryParameter(query, name);
  if (!string.has_value()) return value.has_value() == is_present;
  return value.has_value() && string->Matches(*value);
}

uint64_t Derive(uint64_t random, uint64_t salt) {
  // The finalizer of SplitMix64: every input bit reaches every output bit.
  uint64_t x = random + salt * 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

uint64_t ScaleTo(uint64_t bound, uint64_t random) {
  return static_cast<uint64_t>((static_cast<unsigned __int128>(random) * bound) >> 64);
}

bool Fraction::Takes(uint64_t random) const {
  return ScaleTo(denominator, Derive(random, 1)) < numerator;
}

bool RequestConditions::empty() const {
  return path_regex == nullptr && headers.empty() && query_parameters.empty() &&
         !fraction.has_value() && !only_grpc;
}

bool RequestConditions::Match(const http::RequestHead& head, std::string_view path,
                              std::string_view query, uint64_t random) const {
  if (only_grpc && !http::IsGrpc(head)) return false;
  if (fraction.has_value() && !fraction->Takes(random)) return false;
  for (const HeaderMatcher& header : headers) {
    if (!header.Matches(head)) return false;
  }
  for (const QueryParameterMatcher& parameter : query_parameters) {
    if (!parameter.Matches(query)) return false;
  }
  return path_regex == nullptr || path_regex->FullMatch(path);
}

}  // namespace weir::routing
