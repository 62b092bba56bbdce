#include "source/extensions/http_filters/stateful_session/stateful_session_config.h"

#include <string>
#include <utility>

#include "envoy/extensions/filters/http/stateful_session/v3/stateful_session.pb.h"
#include "envoy/extensions/http/stateful_session/cookie/v3/cookie.pb.h"
#include "envoy/extensions/http/stateful_session/header/v3/header.pb.h"
#include "source/base/strings.h"
#include "source/config/load.h"
#include "source/extensions/http_filters/stateful_session/stateful_session_filter.h"
#include "source/routing/cookie_parser.h"

namespace weir::extensions::stateful_session {

namespace {

namespace v3 = envoy::extensions::filters::http::stateful_session::v3;
using envoy::extensions::http::stateful_session::cookie::v3::CookieBasedSessionState;
using envoy::extensions::http::stateful_session::header::v3::HeaderBasedSessionState;

template <class Proto>
bool Is(const google::protobuf::Any& any) {
  return config::TypeUrlOf(any) == "type.googleapis.com/" + Proto().GetTypeName();
}

void ParseCookie(const google::protobuf::Any& any, SessionState& out, config::Faults& faults) {
  CookieBasedSessionState proto;
  if (!config::Unpack(any, proto, faults)) return;
  config::Faults::Scope scope(faults, "cookie");
  out.cookie = routing::ParseCookieTemplate(proto.cookie(), faults);
  out.ttl_s = proto.cookie().ttl().seconds();
  out.path = proto.cookie().path();
}

void ParseHeader(const google::protobuf::Any& any, SessionState& out, config::Faults& faults) {
  HeaderBasedSessionState proto;
  if (!config::Unpack(any, proto, faults)) return;
  out.header = routing::ParseHeaderName(proto.name(), "name", faults);
}

std::shared_ptr<const SessionState> ParseState(
    const envoy::config::core::v3::TypedExtensionConfig& proto, config::Faults& faults) {
  config::Faults::Scope scope(faults, "session_state.typed_config");
  auto out = std::make_shared<SessionState>();
  if (Is<CookieBasedSessionState>(proto.typed_config())) {
    ParseCookie(proto.typed_config(), *out, faults);
  } else if (Is<HeaderBasedSessionState>(proto.typed_config())) {
    ParseHeader(proto.typed_config(), *out, faults);
  } else {
    faults.Add("", base::StrCat("'", config::TypeUrlOf(proto.typed_config()),
                                "' is not implemented; there are CookieBasedSessionState and ",
                                "HeaderBasedSessionState"));
  }
  return out;
}

SessionSettings ParseSettings(const v3::StatefulSession& proto, config::Faults& faults) {
  SessionSettings out;
  if (proto.has_session_state()) out.state = ParseState(proto.session_state(), faults);
  out.is_strict = proto.strict();
  const uint32_t status = proto.status_on_strict_destination_not_found();
  if (status == 0) return out;
  if (status < 200 || status > 599) {
    faults.Add("status_on_strict_destination_not_found", "must be between 200 and 599");
  }
  out.status_without_host = static_cast<int>(status);
  return out;
}

class Factory final : public filter::HttpFilterFactory {
 public:
  filter::ExtensionId id() const override {
    return {"envoy.filters.http.stateful_session",
            "envoy.extensions.filters.http.stateful_session.v3.StatefulSession"};
  }

  std::shared_ptr<const filter::HttpFilterConfig> Parse(const google::protobuf::Any& any,
                                                        const filter::FactoryContext&,
                                                        config::Faults& faults) const override {
    const size_t before = faults.faults().size();
    v3::StatefulSession proto;
    if (!config::Unpack(any, proto, faults)) return nullptr;
    SessionSettings settings = ParseSettings(proto, faults);
    if (faults.faults().size() != before) return nullptr;
    return std::make_shared<filter::HttpFilterConfigOf<StatefulSessionFilter, SessionSettings>>(
        std::move(settings));
  }

  std::shared_ptr<const routing::FilterConfig> ParseRouteConfig(
      const google::protobuf::Any& any, config::Faults& faults) const override {
    const size_t before = faults.faults().size();
    v3::StatefulSessionPerRoute proto;
    if (!config::Unpack(any, proto, faults)) return nullptr;
    SessionSettings settings;
    if (proto.has_stateful_session()) {
      config::Faults::Scope scope(faults, "stateful_session");
      settings = ParseSettings(proto.stateful_session(), faults);
    } else if (!proto.disabled()) {
      faults.Add("disabled", "must be true where it is given");
    }
    if (faults.faults().size() != before) return nullptr;
    return std::make_shared<const RouteSessionSettings>(std::move(settings));
  }
};

}  // namespace

std::unique_ptr<filter::HttpFilterFactory> CreateFactory() { return std::make_unique<Factory>(); }

}  // namespace weir::extensions::stateful_session
