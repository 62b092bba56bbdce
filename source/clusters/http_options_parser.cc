#include "source/clusters/http_options_parser.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/extensions/upstreams/http/v3/http_protocol_options.pb.h"
#include "source/base/strings.h"
#include "source/clusters/duration_parser.h"
#include "source/config/load.h"
#include "source/http/field_syntax.h"
#include "source/http2/options_parser.h"

namespace weir::clusters {
namespace {

namespace core = envoy::config::core::v3;
using config::Faults;
using envoy::config::cluster::v3::Cluster;
using HttpOptions = envoy::extensions::upstreams::http::v3::HttpProtocolOptions;

// Milliseconds; a duration of 0 means no limit.
int64_t ParseLimit(const google::protobuf::Duration& proto, std::string_view field,
                   Faults& faults) {
  const int64_t limit_ms = ParseMs(proto);
  if (limit_ms < 0) faults.Add(field, "must not be negative");
  return limit_ms;
}

// Made when something differs from the defaults.
class HttpConfigBuilder {
 public:
  upstream::HttpConfig& Edit() {
    if (!config_.has_value()) config_.emplace();
    return *config_;
  }
  std::shared_ptr<const upstream::HttpConfig> Take() {
    return config_.has_value() ? upstream::HttpConfig::Share(*std::move(config_)) : nullptr;
  }

 private:
  std::optional<upstream::HttpConfig> config_;
};

void ParseCommon(const core::HttpProtocolOptions& proto, upstream::ClusterOptions& options,
                 HttpConfigBuilder& http, Faults& faults) {
  Faults::Scope scope(faults, "common_http_protocol_options");
  if (proto.has_idle_timeout()) {
    options.idle_timeout_ms = ParseLimit(proto.idle_timeout(), "idle_timeout", faults);
  }
  if (proto.has_max_connection_duration()) {
    options.max_connection_duration_ms =
        ParseLimit(proto.max_connection_duration(), "max_connection_duration", faults);
  }
  if (proto.has_max_requests_per_connection()) {
    options.max_requests_per_connection = proto.max_requests_per_connection().value();
  }
  if (proto.has_max_headers_count()) {
    const uint32_t most = proto.max_headers_count().value();
    if (most == 0) faults.Add("max_headers_count", "must be at least 1");
    http.Edit().http1.limits.max_headers = most;
    http.Edit().http2.limits.max_headers = most;
  }
  if (proto.has_max_stream_duration()) {
    faults.Add("max_stream_duration", "is not implemented for upstreams; use a route's timeout");
  }
  if (proto.has_headers_with_underscores_action()) {
    faults.AddIgnored("headers_with_underscores_action", "is for requests from downstream");
  }
}

void ParseHttp1(const core::Http1ProtocolOptions& proto, HttpConfigBuilder& http, Faults& faults) {
  if (proto.has_allow_absolute_url() || proto.accept_http_10() ||
      !proto.default_host_for_http_10().empty()) {
    faults.AddIgnored("http_protocol_options",
                      "its fields, but for enable_trailers, are for requests from downstream");
  }
  if (proto.enable_trailers()) http.Edit().http1.enable_trailers = true;
}

void ParseHttp2(const core::Http2ProtocolOptions& proto, HttpConfigBuilder& http, Faults& faults) {
  Faults::Scope scope(faults, "http2_protocol_options");
  http2::ParseOptions(proto, http.Edit().http2, faults);
}

// Explicit, by ALPN or by downstream: all name the options of either version alike.
template <class Choice>
void ParseBoth(const Choice& proto, HttpConfigBuilder& http, Faults& faults) {
  if (proto.has_http_protocol_options()) ParseHttp1(proto.http_protocol_options(), http, faults);
  if (proto.has_http2_protocol_options()) ParseHttp2(proto.http2_protocol_options(), http, faults);
}

void ParseProtocol(const HttpOptions& proto, HttpConfigBuilder& http, Faults& faults) {
  switch (proto.upstream_protocol_options_case()) {
    case HttpOptions::kExplicitHttpConfig: {
      Faults::Scope scope(faults, "explicit_http_config");
      ParseBoth(proto.explicit_http_config(), http, faults);
      if (proto.explicit_http_config().has_http2_protocol_options()) {
        http.Edit().protocol = upstream::HttpProtocol::kHttp2;
      }
      return;
    }
    case HttpOptions::kUseDownstreamProtocolConfig: {
      Faults::Scope scope(faults, "use_downstream_protocol_config");
      ParseBoth(proto.use_downstream_protocol_config(), http, faults);
      http.Edit().protocol = upstream::HttpProtocol::kByDownstream;
      return;
    }
    case HttpOptions::kAutoConfig: {
      Faults::Scope scope(faults, "auto_config");
      ParseBoth(proto.auto_config(), http, faults);
      http.Edit().protocol = upstream::HttpProtocol::kByAlpn;
      return;
    }
    case HttpOptions::UPSTREAM_PROTOCOL_OPTIONS_NOT_SET:
      break;
  }
  faults.Add("",
             "one of explicit_http_config, use_downstream_protocol_config and auto_config is "
             "required");
}

void ParseNames(const core::UpstreamHttpProtocolOptions& proto, HttpConfigBuilder& http,
                Faults& faults) {
  Faults::Scope scope(faults, "upstream_http_protocol_options");
  if (!proto.auto_sni() && !proto.auto_san_validation()) {
    if (!proto.override_auto_sni_header().empty()) {
      faults.AddIgnored("override_auto_sni_header",
                        "neither auto_sni nor auto_san_validation is on");
    }
    return;
  }
  upstream::HttpConfig& config = http.Edit();
  config.auto_sni = proto.auto_sni();
  config.auto_san_validation = proto.auto_san_validation();
  config.host_header = proto.override_auto_sni_header();
  for (char& c : config.host_header) c = http::ToLower(c);
  if (config.host_header == ":authority") config.host_header.clear();
  if (!config.host_header.empty() && !http::IsToken(config.host_header)) {
    faults.Add("override_auto_sni_header", "is not the name of a header");
  }
}

void ParseTyped(const google::protobuf::Any& any, upstream::ClusterOptions& options,
                HttpConfigBuilder& http, Faults& faults) {
  HttpOptions proto;
  if (config::TypeUrlOf(any) != "type.googleapis.com/" + proto.GetTypeName()) {
    return faults.Add("", base::StrCat("must be of type ", proto.GetTypeName()));
  }
  if (!config::Unpack(any, proto, faults)) return;
  ParseProtocol(proto, http, faults);
  ParseCommon(proto.common_http_protocol_options(), options, http, faults);
  ParseNames(proto.upstream_http_protocol_options(), http, faults);
}

// The form that was there before typed_extension_protocol_options.
void ParseOlder(const Cluster& proto, upstream::ClusterOptions& options, HttpConfigBuilder& http,
                Faults& faults) {
  ParseCommon(proto.common_http_protocol_options(), options, http, faults);
  ParseBoth(proto, http, faults);
  ParseNames(proto.upstream_http_protocol_options(), http, faults);
  if (proto.protocol_selection() == Cluster::USE_DOWNSTREAM_PROTOCOL) {
    http.Edit().protocol = upstream::HttpProtocol::kByDownstream;
  } else if (proto.has_http2_protocol_options()) {
    http.Edit().protocol = upstream::HttpProtocol::kHttp2;
  }
}

void NoteOlderIgnored(const Cluster& proto, Faults& faults) {
  const auto note = [&](bool is_set, std::string_view field) {
    if (is_set) faults.AddIgnored(field, "typed_extension_protocol_options takes its place");
  };
  note(proto.has_common_http_protocol_options(), "common_http_protocol_options");
  note(proto.has_http_protocol_options(), "http_protocol_options");
  note(proto.has_http2_protocol_options(), "http2_protocol_options");
  note(proto.has_upstream_http_protocol_options(), "upstream_http_protocol_options");
  note(proto.protocol_selection() != Cluster::USE_CONFIGURED_PROTOCOL, "protocol_selection");
}

}  // namespace

void ParseHttpOptions(const Cluster& proto, upstream::ClusterOptions& options, Faults& faults) {
  options.max_requests_per_connection = proto.max_requests_per_connection().value();
  HttpConfigBuilder http;
  const std::string& known = HttpOptions::default_instance().GetTypeName();
  const auto& typed = proto.typed_extension_protocol_options();
  if (typed.find(known) == typed.end()) {
    ParseOlder(proto, options, http, faults);
  } else {
    NoteOlderIgnored(proto, faults);
  }
  for (const auto& [name, any] : typed) {
    Faults::Scope scope(faults, base::StrCat("typed_extension_protocol_options[", name, "]"));
    if (name == known) {
      ParseTyped(any, options, http, faults);
    } else {
      faults.Add("", base::StrCat("is not implemented; only ", known, " is"));
    }
  }
  options.http = http.Take();
}

}  // namespace weir::clusters
