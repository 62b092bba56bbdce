#include "source/extensions/network_filters/http_connection_manager/hcm_config_parser.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "source/config/load.h"
#include "source/extensions/network_filters/http_connection_manager/hcm_config.h"
#include "source/filter/access_log_parser.h"
#include "source/filter/route_table_builder.h"
#include "source/http2/options_parser.h"

namespace weir::extensions::http_connection_manager {

namespace {

namespace v3 = envoy::extensions::filters::network::http_connection_manager::v3;
using config::Faults;
using Underscores = envoy::config::core::v3::HttpProtocolOptions;

int64_t Milliseconds(const google::protobuf::Duration& duration) {
  return duration.seconds() * 1000 + duration.nanos() / 1'000'000;
}

void ParseTimeouts(const v3::HttpConnectionManager& proto, HcmConfig& config) {
  const auto set = [](bool has, const google::protobuf::Duration& duration, int64_t& field) {
    if (has) field = Milliseconds(duration);
  };
  set(proto.has_drain_timeout(), proto.drain_timeout(), config.drain_timeout_ms);
  set(proto.has_stream_idle_timeout(), proto.stream_idle_timeout(), config.stream_idle_timeout_ms);
  set(proto.has_request_timeout(), proto.request_timeout(), config.request_timeout_ms);
  set(proto.has_request_headers_timeout(), proto.request_headers_timeout(),
      config.request_headers_timeout_ms);
  const auto& common = proto.common_http_protocol_options();
  set(proto.has_delayed_close_timeout(), proto.delayed_close_timeout(), config.delayed_close_ms);
  set(common.has_idle_timeout(), common.idle_timeout(), config.idle_timeout_ms);
  set(common.has_max_connection_duration(), common.max_connection_duration(),
      config.max_connection_duration_ms);
  set(common.has_max_stream_duration(), common.max_stream_duration(),
      config.max_stream_duration_ms);
}

http::UnderscoreAction ParseUnderscores(const Underscores& common) {
  if (!common.has_headers_with_underscores_action()) return http::UnderscoreAction::kRejectRequest;
  switch (common.headers_with_underscores_action()) {
    case Underscores::ALLOW:
      return http::UnderscoreAction::kAllow;
    case Underscores::DROP_HEADER:
      return http::UnderscoreAction::kDropHeader;
    default:
      return http::UnderscoreAction::kRejectRequest;
  }
}

void ParseCodec(const v3::HttpConnectionManager& proto, HcmConfig& config, Faults& faults) {
  const auto& common = proto.common_http_protocol_options();
  http::Http1ServerOptions& http1 = config.http1;
  if (proto.has_max_request_headers_kb()) {
    http1.limits.max_head_bytes = proto.max_request_headers_kb().value() * 1024;
  }
  if (common.has_max_headers_count()) {
    http1.limits.max_headers = common.max_headers_count().value();
  }
  config.max_requests_per_connection = common.max_requests_per_connection().value();
  http1.underscores = ParseUnderscores(common);
  http1.enable_trailers = proto.http_protocol_options().enable_trailers();
  http1.accept_http_10 = proto.http_protocol_options().accept_http_10();
  http1.default_host_for_http_10 = proto.http_protocol_options().default_host_for_http_10();
  switch (proto.codec_type()) {
    case v3::HttpConnectionManager::HTTP1:
      config.codec = CodecType::kHttp1;
      break;
    case v3::HttpConnectionManager::HTTP2:
      config.codec = CodecType::kHttp2;
      break;
    default:
      config.codec = CodecType::kAuto;
  }
  const auto& absolute = proto.http_protocol_options().allow_absolute_url();
  if (proto.http_protocol_options().has_allow_absolute_url() && !absolute.value()) {
    faults.AddIgnored("http_protocol_options.allow_absolute_url",
                      "a server must accept the absolute form (RFC 9112 section 3.2.2)");
  }
  if (proto.stream_error_on_invalid_http_message().value() &&
      proto.codec_type() != v3::HttpConnectionManager::HTTP2) {
    faults.AddIgnored(
        "stream_error_on_invalid_http_message",
        "after an invalid HTTP/1 message the connection's framing is not to be trusted");
  }
}

void ParseHttp2(const v3::HttpConnectionManager& proto, HcmConfig& config, Faults& faults) {
  config.http2.limits = config.http1.limits;
  config.http2.underscores = config.http1.underscores;
  if (proto.has_http2_protocol_options()) {
    Faults::Scope scope(faults, "http2_protocol_options");
    http2::ParseOptions(proto.http2_protocol_options(), config.http2, faults);
  }
  config.http1_secure = config.http1;
  config.http1_secure.is_secure = true;
  config.http2_secure = config.http2;
  config.http2_secure.is_secure = true;
}

void ParseTrust(const v3::HttpConnectionManager& proto, HcmConfig& config, Faults& faults) {
  TrustConfig& trust = config.trust;
  if (proto.has_use_remote_address()) {
    trust.use_remote_address = proto.use_remote_address().value();
  }
  trust.xff_num_trusted_hops = proto.xff_num_trusted_hops();
  trust.skip_xff_append = proto.skip_xff_append();
  trust.append_x_forwarded_port = proto.append_x_forwarded_port();
  const auto& internal = proto.internal_address_config();
  trust.unix_sockets_are_internal = internal.unix_sockets();
  for (int i = 0; i < internal.cidr_ranges_size(); ++i) {
    const auto& range = internal.cidr_ranges(i);
    auto parsed = net::CidrRange::Create(range.address_prefix(), range.prefix_len().value());
    if (parsed.ok()) {
      trust.internal_ranges.push_back(*parsed);
    } else {
      Faults::Scope scope(faults, "internal_address_config");
      Faults::Scope item(faults, "cidr_ranges", i);
      faults.Add("", std::string(parsed.status().message()));
    }
  }
}

void ParseClientCertificate(const v3::HttpConnectionManager& proto, ClientCertificateConfig& out) {
  using Mode = ClientCertificateConfig::Mode;
  switch (proto.forward_client_cert_details()) {
    case v3::HttpConnectionManager::FORWARD_ONLY:
      out.mode = Mode::kForwardOnly;
      break;
    case v3::HttpConnectionManager::APPEND_FORWARD:
      out.mode = Mode::kAppendForward;
      break;
    case v3::HttpConnectionManager::SANITIZE_SET:
      out.mode = Mode::kSanitizeSet;
      break;
    case v3::HttpConnectionManager::ALWAYS_FORWARD_ONLY:
      out.mode = Mode::kAlwaysForwardOnly;
      break;
    default:
      out.mode = Mode::kSanitize;
  }
  const auto& details = proto.set_current_client_cert_details();
  out.adds_subject = details.subject().value();
  out.adds_cert = details.cert();
  out.adds_chain = details.chain();
  out.adds_dns = details.dns();
  out.adds_uri = details.uri();
}

void ParsePath(const v3::HttpConnectionManager& proto, http::PathOptions& path) {
  using Manager = v3::HttpConnectionManager;
  if (proto.has_normalize_path()) path.normalize = proto.normalize_path().value();
  if (proto.has_merge_slashes()) path.merge_slashes = proto.merge_slashes();
  switch (proto.path_with_escaped_slashes_action()) {
    case Manager::KEEP_UNCHANGED:
      path.escaped_slashes = http::EscapedSlashAction::kKeep;
      break;
    case Manager::UNESCAPE_AND_REDIRECT:
      path.escaped_slashes = http::EscapedSlashAction::kRedirect;
      break;
    case Manager::UNESCAPE_AND_FORWARD:
      path.escaped_slashes = http::EscapedSlashAction::kUnescape;
      break;
    default:
      path.escaped_slashes = http::EscapedSlashAction::kReject;
  }
}

void ParseIdentity(const v3::HttpConnectionManager& proto, HcmConfig& config) {
  using Manager = v3::HttpConnectionManager;
  config.strip_any_host_port = proto.strip_any_host_port();
  config.strip_matching_host_port = proto.strip_matching_host_port();
  config.strip_trailing_host_dot = proto.strip_trailing_host_dot();
  if (proto.has_generate_request_id()) {
    config.generate_request_id = proto.generate_request_id().value();
  }
  config.preserve_external_request_id = proto.preserve_external_request_id();
  config.always_set_request_id_in_response = proto.always_set_request_id_in_response();
  config.proxy_100_continue = proto.proxy_100_continue();
  if (!proto.server_name().empty()) config.server_name = proto.server_name();
  config.via = proto.via();
  if (proto.server_header_transformation() == Manager::APPEND_IF_ABSENT) {
    config.server_header = ServerHeader::kAppendIfAbsent;
  } else if (proto.server_header_transformation() == Manager::PASS_THROUGH) {
    config.server_header = ServerHeader::kPassThrough;
  }
  for (const auto& upgrade : proto.upgrade_configs()) {
    config.upgrades[absl::AsciiStrToLower(upgrade.upgrade_type())] =
        !upgrade.has_enabled() || upgrade.enabled().value();
  }
}

void ParseFilter(const v3::HttpFilter& proto, const filter::FactoryContext& context,
                 HcmConfig& config, Faults& faults) {
  if (proto.disabled()) {
    faults.Add("disabled", "filters that are off until a route turns them on are not implemented");
    return;
  }
  if (proto.is_optional()) {
    Faults probe;
    if (context.registry.FindHttpFilter(proto.typed_config(), probe) == nullptr) {
      faults.AddIgnored("typed_config", "an optional filter that this build does not have");
      return;
    }
  }
  const filter::HttpFilterFactory* factory =
      context.registry.FindHttpFilter(proto.typed_config(), faults);
  if (factory == nullptr) return;
  Faults::Scope scope(faults, "typed_config");
  auto parsed = factory->Parse(proto.typed_config(), context, faults);
  if (parsed != nullptr) config.filters.entries.push_back({proto.name(), std::move(parsed)});
}

void ParseFilters(const v3::HttpConnectionManager& proto, const filter::FactoryContext& context,
                  HcmConfig& config, Faults& faults) {
  for (int i = 0; i < proto.http_filters_size(); ++i) {
    Faults::Scope scope(faults, "http_filters", i);
    ParseFilter(proto.http_filters(i), context, config, faults);
  }
  if (faults.HasFaultIn("http_filters")) return;
  const auto& entries = config.filters.entries;
  if (entries.empty()) {
    faults.Add("http_filters",
               "must not be empty: the last one must be a terminal filter such as "
               "envoy.filters.http.router");
    return;
  }
  for (size_t i = 0; i < entries.size(); ++i) {
    const bool is_last = i + 1 == entries.size();
    if (entries[i].config->is_terminal() == is_last) continue;
    Faults::Scope scope(faults, "http_filters", i);
    faults.Add("name", is_last ? absl::StrCat("\"", entries[i].name,
                                              "\" is not a terminal filter, and the last must be "
                                              "one such as envoy.filters.http.router")
                               : absl::StrCat("\"", entries[i].name,
                                              "\" is a terminal filter and must be the last"));
  }
}

void ParseRoutes(const v3::HttpConnectionManager& proto, const filter::FactoryContext& context,
                 HcmConfig& config, Faults& faults) {
  if (proto.has_rds()) {
    Faults::Scope scope(faults, "rds");
    if (proto.rds().route_config_name().empty()) {
      faults.Add("route_config_name", "must not be empty");
      return;
    }
    Faults::Scope inner(faults, "config_source");
    config.routes = context.routes.Subscribe(proto.rds().config_source(),
                                             proto.rds().route_config_name(), faults);
    return;
  }
  Faults::Scope scope(faults, "route_config");
  auto table =
      filter::BuildRouteTable(proto.route_config(), context.registry, context.clusters,
                              context.clusters_may_come ? filter::UnknownClusters::kAccepted
                                                        : filter::UnknownClusters::kRefused,
                              context.named_clusters, faults);
  if (table == nullptr) return;
  config.routes = std::make_shared<filter::RouteTableHandle>(&context.main);
  config.routes->name = proto.route_config().name();
  config.routes->table.Publish(std::move(table));
}

class Factory final : public filter::NetworkFilterFactory {
 public:
  filter::ExtensionId id() const override {
    return {"envoy.filters.network.http_connection_manager",
            "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"};
  }

  std::shared_ptr<const filter::NetworkFilterConfig> Parse(const google::protobuf::Any& any,
                                                           const filter::FactoryContext& context,
                                                           Faults& faults) const override {
    v3::HttpConnectionManager proto;
    if (!config::Unpack(any, proto, faults)) return nullptr;
    const size_t before = faults.faults().size();
    auto config = std::make_shared<HcmConfig>();
    config->stat_prefix = proto.stat_prefix();
    ParseTimeouts(proto, *config);
    ParseCodec(proto, *config, faults);
    ParseHttp2(proto, *config, faults);
    ParseTrust(proto, *config, faults);
    ParseClientCertificate(proto, config->client_certificate);
    ParsePath(proto, config->path);
    ParseIdentity(proto, *config);
    ParseFilters(proto, context, *config, faults);
    config->access_logs = filter::ParseAccessLogs(proto.access_log(), context, faults);
    // No subscription for what will not serve.
    if (!proto.has_rds() || faults.faults().size() == before) {
      ParseRoutes(proto, context, *config, faults);
    }
    if (faults.faults().size() != before) return nullptr;
    config->stats = context.stats.AddGroup<HcmStats>(
        absl::StrCat("http.", proto.stat_prefix()),
        {{"envoy_http_conn_manager_prefix", proto.stat_prefix()}}, "http");
    config->http2_stats = context.stats.AddGroup<http2::Stats>(
        absl::StrCat("http.", proto.stat_prefix(), ".http2"),
        {{"envoy_http_conn_manager_prefix", proto.stat_prefix()}}, "http2");
    return std::make_shared<HcmFilterConfig>(std::move(config));
  }
};

}  // namespace

std::unique_ptr<filter::NetworkFilterFactory> CreateFactory() {
  return std::make_unique<Factory>();
}

}  // namespace weir::extensions::http_connection_manager
