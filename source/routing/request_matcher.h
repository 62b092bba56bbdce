// The conditions of a route beyond its path: headers, query parameters, gRPC, a fraction of the
// requests. Plain immutable data made by match_parser.cc; asking allocates nothing. Thread-safe.
//
// Every value of a repeated header is tested by itself and one that fits is enough; with
// invert_match none may fit. Joining the values first would let a client that adds a second field
// slip past a rule on the first.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "source/config/faults.h"
#include "source/http/message.h"
#include "source/routing/string_matcher.h"

namespace envoy::config::route::v3 {
class HeaderMatcher;
}

namespace weir::routing {

class HeaderMatcher {
 public:
  enum class Kind : uint8_t { kPresent, kString, kRange };

  bool Matches(const http::RequestHead& head) const;

  std::string name;  // lower case; pseudo headers and Host too
  http::HeaderId id = http::HeaderId::kOther;
  Kind kind = Kind::kPresent;
  bool is_present = true;      // kPresent: what is asked for
  StringMatcher string;        // kString
  int64_t begin = 0, end = 0;  // kRange: [begin, end)
  bool inverts = false;
  bool missing_is_empty = false;  // else a missing header never matches (kPresent excepted)

 private:
  bool MatchesValue(std::string_view value) const;
};

struct QueryParameterMatcher {
  std::string name;
  bool is_present = true;               // without `string`
  std::optional<StringMatcher> string;  // of the first parameter of that name

  // `query` is what follows the '?'. Nothing is percent-decoded, as in Envoy.
  bool Matches(std::string_view query) const;
};

// Of requests, chosen by their random number.
struct Fraction {
  uint32_t numerator = 100;
  uint32_t denominator = 100;
  bool Takes(uint64_t random) const;
};

struct RequestConditions {
  std::shared_ptr<const config::Regex> path_regex;  // of the whole path without query
  std::vector<HeaderMatcher> headers;
  std::vector<QueryParameterMatcher> query_parameters;
  std::optional<Fraction> fraction;
  bool only_grpc = false;

  // Nothing is asked: every request matches.
  bool empty() const;
  bool Match(const http::RequestHead& head, std::string_view path, std::string_view query,
             uint64_t random) const;
};

// For routes and for everything else that tests headers.
HeaderMatcher ParseHeaderMatcher(const envoy::config::route::v3::HeaderMatcher& proto,
                                 config::Faults& faults);

// A number made of `random` that is as good as another random number; `salt` tells them apart.
uint64_t Derive(uint64_t random, uint64_t salt);
// `random` scaled to [0, bound).
uint64_t ScaleTo(uint64_t bound, uint64_t random);

}  // namespace weir::routing
