// Tested by test/routing/action_parser_test.cc

#include "source/routing/action_parser.h"

#include "envoy/config/route/v3/route_components.pb.h"
#include "source/routing/field_parser.h"
#include "source/routing/path_rewrite_parser.h"

namespace weir::routing {

namespace {

namespace route_v3 = envoy::config::route::v3;

uint32_t StatusOf(route_v3::RedirectAction::RedirectResponseCode code) {
  switch (code) {
    case route_v3::RedirectAction::FOUND:
      return 302;
    case route_v3::RedirectAction::SEE_OTHER:
      return 303;
    case route_v3::RedirectAction::TEMPORARY_REDIRECT:
      return 307;
    case route_v3::RedirectAction::PERMANENT_REDIRECT:
      return 308;
    default:
      return 301;
  }
}

RedirectAction ParseRedirect(const route_v3::RedirectAction& proto, const PathPattern& pattern,
                             config::Faults& faults) {
  RedirectAction out;
  out.scheme = proto.https_redirect()
                   ? "https"
                   : ParseUrlPart(proto.scheme_redirect(), "scheme_redirect", faults);
  out.host = ParseUrlPart(proto.host_redirect(), "host_redirect", faults);
  out.path = ParseUrlPart(proto.path_redirect(), "path_redirect", faults);
  if (!out.path.empty() && !out.path.starts_with('/')) {
    faults.Add("path_redirect", "must begin with '/'");
  }
  out.path_rewrite = ParsePathRewrite(proto.prefix_rewrite(),
                                      proto.has_regex_rewrite() ? &proto.regex_rewrite() : nullptr,
                                      pattern, faults);
  if (proto.port_redirect() > 65535) faults.Add("port_redirect", "must be at most 65535");
  if (proto.port_redirect() != 0) out.port = static_cast<uint16_t>(proto.port_redirect());
  out.strip_query = proto.strip_query();
  out.status = StatusOf(proto.response_code());
  return out;
}

DirectResponseAction ParseDirectResponse(const route_v3::DirectResponseAction& proto,
                                         const RouteDefaults& defaults, config::Faults& faults) {
  DirectResponseAction out;
  out.status = proto.status();
  if (out.status < 200 || out.status > 599) faults.Add("status", "must be between 200 and 599");
  if (proto.has_body()) {
    config::Faults::Scope scope(faults, "body");
    out.body = ParseDataSource(proto.body(), defaults.max_direct_response_bytes, faults);
  }
  return out;
}

}  // namespace

RouteActionVariant ParseAction(const route_v3::Route& proto, const PathPattern& pattern,
                               const RouteDefaults& defaults, const ParseContext& context,
                               config::Faults& faults) {
  switch (proto.action_case()) {
    case route_v3::Route::kRoute: {
      config::Faults::Scope scope(faults, "route");
      return ParseForwardAction(proto.route(), pattern, defaults, context, faults);
    }
    case route_v3::Route::kRedirect: {
      config::Faults::Scope scope(faults, "redirect");
      return ParseRedirect(proto.redirect(), pattern, faults);
    }
    case route_v3::Route::kDirectResponse: {
      config::Faults::Scope scope(faults, "direct_response");
      return ParseDirectResponse(proto.direct_response(), defaults, faults);
    }
    case route_v3::Route::ACTION_NOT_SET:
      break;
  }
  faults.Add("", "one of route, redirect, direct_response is required");
  return {};
}

}  // namespace weir::routing
