#include "source/upstream/http_options_parser.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/extensions/upstreams/http/v3/http_protocol_options.pb.h"
#include "source/base/strings.h"
#include "source/config/load.h"
#include "source/upstream/duration_parser.h"

namespace weir::upstream {
namespace {

namespace core = envoy::config::core::v3;
using config::Faults;
using HttpOptions = envoy::extensions::upstreams::http::v3::HttpProtocolOptions;

// Milliseconds; a duration of 0 means no limit.
int64_t ParseLimit(const google::protobuf::Duration& proto, std::string_view field,
                   Faults& faults) {
  const int64_t limit_ms = ParseMs(proto);
  if (limit_ms < 0) faults.Add(field, "must not be negative");
  return limit_ms;
}

void ParseCommon(const core::HttpProtocolOptions& proto, ClusterConfig& config, Faults& faults) {
  Faults::Scope scope(faults, "common_http_protocol_options");
  if (proto.has_idle_timeout()) {
    config.idle_timeout_ms = ParseLimit(proto.idle_timeout(), "idle_timeout", faults);
  }
  if (proto.has_max_connection_duration()) {
    config.max_connection_duration_ms =
        ParseLimit(proto.max_connection_duration(), "max_connection_duration", faults);
  }
  if (proto.has_max_requests_per_connection()) {
    config.max_requests_per_connection = proto.max_requests_per_connection().value();
  }
  if (proto.has_max_headers_count()) {
    auto http1 = std::make_shared<http::Http1ClientOptions>();
    http1->limits.max_headers = proto.max_headers_count().value();
    if (http1->limits.max_headers == 0) faults.Add("max_headers_count", "must be at least 1");
    config.http1 = std::move(http1);
  }
  if (proto.has_max_stream_duration()) {
    faults.Add("max_stream_duration", "is not implemented for upstreams; use a route's timeout");
  }
  if (proto.has_headers_with_underscores_action()) {
    faults.AddIgnored("headers_with_underscores_action", "is for requests from downstream");
  }
}

void ParseHttp1(const core::Http1ProtocolOptions& proto, Faults& faults) {
  if (proto.has_allow_absolute_url() || proto.accept_http_10() ||
      !proto.default_host_for_http_10().empty()) {
    faults.AddIgnored("http_protocol_options", "its fields are for requests from downstream");
  }
}

void ParseProtocol(const HttpOptions& proto, Faults& faults) {
  using Explicit = HttpOptions::ExplicitHttpConfig;
  Faults::Scope scope(faults, "explicit_http_config");
  switch (proto.explicit_http_config().protocol_config_case()) {
    case Explicit::kHttpProtocolOptions:
      return ParseHttp1(proto.explicit_http_config().http_protocol_options(), faults);
    case Explicit::kHttp2ProtocolOptions:
      return faults.Add("http2_protocol_options", "HTTP/2 upstream is not implemented");
    case Explicit::PROTOCOL_CONFIG_NOT_SET:
      break;
  }
  faults.Add("http_protocol_options", "is required: HTTP/1 alone is implemented");
}

void ParseTyped(const google::protobuf::Any& any, ClusterConfig& config, Faults& faults) {
  HttpOptions options;
  if (config::TypeUrlOf(any) != "type.googleapis.com/" + options.GetTypeName()) {
    return faults.Add("", base::StrCat("must be of type ", options.GetTypeName()));
  }
  if (!config::Unpack(any, options, faults)) return;
  ParseProtocol(options, faults);
  ParseCommon(options.common_http_protocol_options(), config, faults);
}

}  // namespace

void ParseHttpOptions(const envoy::config::cluster::v3::Cluster& proto, ClusterConfig& config,
                      Faults& faults) {
  config.max_requests_per_connection = proto.max_requests_per_connection().value();
  const std::string& known = HttpOptions::default_instance().GetTypeName();
  const auto typed = proto.typed_extension_protocol_options().find(known);
  if (typed == proto.typed_extension_protocol_options().end()) {
    ParseCommon(proto.common_http_protocol_options(), config, faults);
  } else if (proto.has_common_http_protocol_options()) {
    faults.AddIgnored("common_http_protocol_options",
                      "typed_extension_protocol_options takes its place");
  }
  for (const auto& [name, any] : proto.typed_extension_protocol_options()) {
    Faults::Scope scope(faults, base::StrCat("typed_extension_protocol_options[", name, "]"));
    if (name == known) {
      ParseTyped(any, config, faults);
    } else {
      faults.Add("", base::StrCat("is not implemented; only ", known, " is"));
    }
  }
}

}  // namespace weir::upstream
