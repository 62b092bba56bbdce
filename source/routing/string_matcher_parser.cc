// Tested by test/routing/string_matcher_test.cc

#include "envoy/type/matcher/v3/regex.pb.h"
#include "envoy/type/matcher/v3/string.pb.h"
#include "source/base/strings.h"
#include "source/routing/folded_text.h"
#include "source/routing/string_matcher.h"

namespace weir::routing {

std::shared_ptr<const config::Regex> ParseRegex(const envoy::type::matcher::v3::RegexMatcher& proto,
                                                config::Faults& faults) {
  auto regex = config::Regex::Compile(proto.regex());
  if (regex.ok()) return *std::move(regex);
  faults.Add("regex",
             base::StrCat("not a regular expression that can be used: ", regex.status().message()));
  return nullptr;
}

StringMatcher ParseStringMatcher(const envoy::type::matcher::v3::StringMatcher& proto,
                                 config::Faults& faults) {
  using Proto = envoy::type::matcher::v3::StringMatcher;
  using Kind = StringMatcher::Kind;
  StringMatcher out;
  out.ignores_case = proto.ignore_case();
  switch (proto.match_pattern_case()) {
    case Proto::kExact:
      out.text = proto.exact();
      break;
    case Proto::kPrefix:
      out.kind = Kind::kPrefix;
      out.text = proto.prefix();
      break;
    case Proto::kSuffix:
      out.kind = Kind::kSuffix;
      out.text = proto.suffix();
      break;
    case Proto::kContains:
      out.kind = Kind::kContains;
      out.text = proto.contains();
      break;
    case Proto::kSafeRegex: {
      config::Faults::Scope scope(faults, "safe_regex");
      out.regex = ParseRegex(proto.safe_regex(), faults);
      // Without a regex the fault stands and the matcher is never asked.
      out.kind = Kind::kRegex;
      break;
    }
    case Proto::MATCH_PATTERN_NOT_SET:
      faults.Add("", "one of exact, prefix, suffix, contains, safe_regex is required");
      break;
  }
  if (out.ignores_case) out.text = Folded(out.text);
  return out;
}

}  // namespace weir::routing
