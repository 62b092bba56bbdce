// Tested by test/routing/action_parser_test.cc

#include "source/routing/path_rewrite_parser.h"

#include "envoy/type/matcher/v3/regex.pb.h"
#include "source/base/strings.h"
#include "source/routing/field_parser.h"
#include "source/routing/match_parser.h"
#include "source/routing/string_matcher.h"

namespace weir::routing {

namespace {

void ParseRegexRewrite(const envoy::type::matcher::v3::RegexMatchAndSubstitute& proto,
                       PathRewrite& out, config::Faults& faults) {
  config::Faults::Scope scope(faults, "regex_rewrite");
  {
    config::Faults::Scope pattern_scope(faults, "pattern");
    out.regex = ParseRegex(proto.pattern(), faults);
  }
  out.replacement = ParseUrlPart(proto.substitution(), "substitution", faults);
  if (out.regex == nullptr) return;
  const absl::Status status = out.regex->CheckSubstitution(out.replacement);
  if (!status.ok()) faults.Add("substitution", std::string(status.message()));
}

}  // namespace

std::shared_ptr<const PathRewrite> ParsePathRewrite(
    const std::string& prefix_rewrite,
    const envoy::type::matcher::v3::RegexMatchAndSubstitute* regex_rewrite,
    const PathPattern& pattern, config::Faults& faults) {
  if (prefix_rewrite.empty() && regex_rewrite == nullptr) return nullptr;
  auto out = std::make_shared<PathRewrite>();
  if (regex_rewrite != nullptr) {
    ParseRegexRewrite(*regex_rewrite, *out, faults);
    if (!prefix_rewrite.empty()) {
      faults.Add("prefix_rewrite", "cannot be given together with regex_rewrite");
    }
    return out;
  }
  out->matched_bytes = MatchedBytes(pattern);
  out->replacement = ParseUrlPart(prefix_rewrite, "prefix_rewrite", faults);
  return out;
}

}  // namespace weir::routing
