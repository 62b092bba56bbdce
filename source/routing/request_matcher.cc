#include "source/routing/request_matcher.h"

#include <algorithm>

#include "absl/functional/function_ref.h"
#include "source/base/strings.h"
#include "source/http/grpc.h"

namespace weir::routing {

namespace {

using http::HeaderId;

// Calls visit(value) for each value of the header until it returns true; `found` says whether
// there was one. The head keeps some fields outside its map: those are looked up by name.
bool AnyValue(const http::RequestHead& head, HeaderId id, std::string_view name, bool& found,
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

}  // namespace

bool HeaderMatcher::MatchesValue(std::string_view value) const {
  if (kind == Kind::kString) return string.Matches(value);
  const auto number = base::ParseInteger<int64_t>(value);
  return number.has_value() && begin <= *number && *number < end;
}

bool HeaderMatcher::Matches(const http::RequestHead& head) const {
  bool found = false;
  if (kind == Kind::kPresent) {
    AnyValue(head, id, name, found, [](std::string_view) { return true; });
    return (found == is_present) != inverts;
  }
  const bool fits =
      AnyValue(head, id, name, found, [this](std::string_view v) { return MatchesValue(v); });
  if (found) return fits != inverts;
  return missing_is_empty && MatchesValue({}) != inverts;
}

bool QueryParameterMatcher::Matches(std::string_view query) const {
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(parameter.size() + 1, query.size()));
    const size_t equals = parameter.find('=');
    if (parameter.substr(0, equals) != name) continue;
    if (!string.has_value()) return is_present;
    return string->Matches(equals == std::string_view::npos ? std::string_view()
                                                            : parameter.substr(equals + 1));
  }
  return !string.has_value() && !is_present;
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
