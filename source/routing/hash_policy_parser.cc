#include "source/routing/hash_policy_parser.h"

#include <string>
#include <utility>

#include "envoy/config/route/v3/route_components.pb.h"
#include "source/routing/cookie_parser.h"
#include "source/routing/field_parser.h"
#include "source/routing/string_matcher.h"

namespace weir::routing {
namespace {

using Proto = envoy::config::route::v3::RouteAction::HashPolicy;

HashPolicy ParseHeader(const Proto::Header& proto, config::Faults& faults) {
  config::Faults::Scope scope(faults, "header");
  HashPolicy out;
  out.kind = HashPolicy::Kind::kHeader;
  out.name = ParseFieldName(proto.header_name(), "header_name", faults);
  out.id = http::FindHeaderId(out.name);
  if (!proto.has_regex_rewrite()) return out;
  config::Faults::Scope rewrite_scope(faults, "regex_rewrite");
  {
    config::Faults::Scope pattern_scope(faults, "pattern");
    out.regex = ParseRegex(proto.regex_rewrite().pattern(), faults);
  }
  out.substitution = proto.regex_rewrite().substitution();
  if (out.regex == nullptr) return out;
  const absl::Status status = out.regex->CheckSubstitution(out.substitution);
  if (!status.ok()) faults.Add("substitution", std::string(status.message()));
  return out;
}

HashPolicy ParseCookie(const Proto::Cookie& proto, config::Faults& faults) {
  config::Faults::Scope scope(faults, "cookie");
  HashPolicy out;
  out.kind = HashPolicy::Kind::kCookie;
  out.name = proto.name();
  auto cookie = ParseCookieTemplate(proto, faults);
  if (proto.has_ttl()) out.new_cookie = std::move(cookie);
  return out;
}

void AddPolicy(const Proto& proto, std::vector<HashPolicy>& out, config::Faults& faults) {
  HashPolicy policy;
  switch (proto.policy_specifier_case()) {
    case Proto::kHeader:
      policy = ParseHeader(proto.header(), faults);
      break;
    case Proto::kCookie:
      policy = ParseCookie(proto.cookie(), faults);
      break;
    case Proto::kConnectionProperties:
      if (!proto.connection_properties().source_ip()) {
        faults.AddIgnored("connection_properties", "says nothing without source_ip");
        return;
      }
      policy.kind = HashPolicy::Kind::kSourceIp;
      break;
    case Proto::kQueryParameter:
      policy.kind = HashPolicy::Kind::kQueryParameter;
      policy.name = proto.query_parameter().name();
      break;
    case Proto::kFilterState:
      faults.AddIgnored("filter_state", "there is no filter state: it never yields a hash");
      break;
    case Proto::POLICY_SPECIFIER_NOT_SET:
      faults.Add("",
                 "one of header, cookie, connection_properties, query_parameter, filter_state is "
                 "required");
      return;
  }
  policy.is_terminal = proto.terminal();
  out.push_back(std::move(policy));
}

}  // namespace

std::vector<HashPolicy> ParseHashPolicies(const envoy::config::route::v3::RouteAction& proto,
                                          config::Faults& faults) {
  std::vector<HashPolicy> out;
  for (int i = 0; i < proto.hash_policy_size(); ++i) {
    config::Faults::Scope scope(faults, "hash_policy", i);
    AddPolicy(proto.hash_policy(i), out, faults);
  }
  return out;
}

}  // namespace weir::routing
