#include "source/routing/match_parser.h"

#include "envoy/config/route/v3/route_components.pb.h"
#include "source/base/strings.h"
#include "source/routing/field_parser.h"
#include "source/routing/path_rewrite.h"

namespace weir::routing {

namespace {

namespace route_v3 = envoy::config::route::v3;

void ParsePath(const route_v3::RouteMatch& proto, ParsedMatch& out, config::Faults& faults) {
  using Kind = PathPattern::Kind;
  out.pattern.ignores_case = proto.has_case_sensitive() && !proto.case_sensitive().value();
  switch (proto.path_specifier_case()) {
    case route_v3::RouteMatch::kPrefix:
      out.pattern.kind = Kind::kPrefix;
      out.pattern.text = proto.prefix();
      break;
    case route_v3::RouteMatch::kPath:
      out.pattern.kind = Kind::kExact;
      out.pattern.text = proto.path();
      break;
    case route_v3::RouteMatch::kPathSeparatedPrefix:
      out.pattern.kind = Kind::kSeparatedPrefix;
      out.pattern.text = proto.path_separated_prefix();
      if (out.pattern.text.empty() || out.pattern.text.ends_with('/') ||
          out.pattern.text.find_first_of("?#") != std::string::npos) {
        faults.Add("path_separated_prefix", "must not be empty, end in '/' or hold '?' or '#'");
      }
      break;
    case route_v3::RouteMatch::kSafeRegex: {
      config::Faults::Scope scope(faults, "safe_regex");
      out.pattern.kind = Kind::kAny;
      out.conditions.path_regex = ParseRegex(proto.safe_regex(), faults);
      break;
    }
    case route_v3::RouteMatch::PATH_SPECIFIER_NOT_SET:
      faults.Add("", "one of prefix, path, path_separated_prefix, safe_regex is required");
      break;
  }
}

QueryParameterMatcher ParseQueryParameter(const route_v3::QueryParameterMatcher& proto,
                                          config::Faults& faults) {
  QueryParameterMatcher out;
  out.name = proto.name();
  if (out.name.empty()) faults.Add("name", "must not be empty");
  if (proto.has_string_match()) {
    config::Faults::Scope scope(faults, "string_match");
    out.string = ParseStringMatcher(proto.string_match(), faults);
  } else if (proto.has_present_match()) {
    out.is_present = proto.present_match();
  }
  return out;
}

// None when every request is taken.
std::optional<Fraction> ParseFraction(const envoy::type::v3::FractionalPercent& proto) {
  Fraction out;
  out.numerator = proto.numerator();
  switch (proto.denominator()) {
    case envoy::type::v3::FractionalPercent::TEN_THOUSAND:
      out.denominator = 10'000;
      break;
    case envoy::type::v3::FractionalPercent::MILLION:
      out.denominator = 1'000'000;
      break;
    default:
      break;
  }
  if (out.numerator >= out.denominator) return std::nullopt;
  return out;
}

StringMatcher Plain(StringMatcher::Kind kind, const std::string& text) {
  StringMatcher out;
  out.kind = kind;
  out.text = text;
  return out;
}

void ParseHeaderTest(const route_v3::HeaderMatcher& proto, HeaderMatcher& out,
                     config::Faults& faults) {
  using Proto = route_v3::HeaderMatcher;
  out.kind = HeaderMatcher::Kind::kString;
  switch (proto.header_match_specifier_case()) {
    case Proto::kExactMatch:
      out.string = Plain(StringMatcher::Kind::kExact, proto.exact_match());
      break;
    case Proto::kPrefixMatch:
      out.string = Plain(StringMatcher::Kind::kPrefix, proto.prefix_match());
      break;
    case Proto::kSuffixMatch:
      out.string = Plain(StringMatcher::Kind::kSuffix, proto.suffix_match());
      break;
    case Proto::kContainsMatch:
      out.string = Plain(StringMatcher::Kind::kContains, proto.contains_match());
      break;
    case Proto::kSafeRegexMatch: {
      config::Faults::Scope scope(faults, "safe_regex_match");
      out.string.kind = StringMatcher::Kind::kRegex;
      out.string.regex = ParseRegex(proto.safe_regex_match(), faults);
      break;
    }
    case Proto::kStringMatch: {
      config::Faults::Scope scope(faults, "string_match");
      out.string = ParseStringMatcher(proto.string_match(), faults);
      break;
    }
    case Proto::kRangeMatch:
      out.kind = HeaderMatcher::Kind::kRange;
      out.begin = proto.range_match().start();
      out.end = proto.range_match().end();
      break;
    case Proto::kPresentMatch:
      out.kind = HeaderMatcher::Kind::kPresent;
      out.is_present = proto.present_match();
      break;
    case Proto::HEADER_MATCH_SPECIFIER_NOT_SET:
      out.kind = HeaderMatcher::Kind::kPresent;
      break;
  }
}

}  // namespace

HeaderMatcher ParseHeaderMatcher(const route_v3::HeaderMatcher& proto, config::Faults& faults) {
  HeaderMatcher out;
  out.name = ParseFieldName(proto.name(), "name", faults);
  out.id = http::FindHeaderId(out.name);
  out.inverts = proto.invert_match();
  out.missing_is_empty = proto.treat_missing_header_as_empty();
  ParseHeaderTest(proto, out, faults);
  return out;
}

ParsedMatch ParseMatch(const route_v3::RouteMatch& proto, config::Faults& faults) {
  ParsedMatch out;
  ParsePath(proto, out, faults);
  for (int i = 0; i < proto.headers_size(); ++i) {
    config::Faults::Scope scope(faults, "headers", i);
    out.conditions.headers.push_back(ParseHeaderMatcher(proto.headers(i), faults));
  }
  for (int i = 0; i < proto.query_parameters_size(); ++i) {
    config::Faults::Scope scope(faults, "query_parameters", i);
    out.conditions.query_parameters.push_back(
        ParseQueryParameter(proto.query_parameters(i), faults));
  }
  out.conditions.only_grpc = proto.has_grpc();
  if (proto.has_runtime_fraction()) {
    out.conditions.fraction = ParseFraction(proto.runtime_fraction().default_value());
  }
  return out;
}

size_t MatchedBytes(const PathPattern& pattern) {
  switch (pattern.kind) {
    case PathPattern::Kind::kPrefix:
    case PathPattern::Kind::kSeparatedPrefix:
      return pattern.text.size();
    default:
      return PathRewrite::kWholePath;
  }
}

}  // namespace weir::routing
