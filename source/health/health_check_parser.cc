#include "source/health/health_check_parser.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_replace.h"
#include "envoy/config/core/v3/health_check.pb.h"
#include "envoy/extensions/health_check/event_sinks/file/v3/file.pb.h"
#include "source/base/strings.h"
#include "source/config/load.h"

namespace weir::health {
namespace {

namespace core = envoy::config::core::v3;
using config::Faults;
using envoy::extensions::health_check::event_sinks::file::v3::HealthCheckEventFileSink;
using HeaderOptions = google::protobuf::RepeatedPtrField<core::HeaderValueOption>;
using Payloads = google::protobuf::RepeatedPtrField<core::HealthCheck::Payload>;
using Ranges = google::protobuf::RepeatedPtrField<envoy::type::v3::Int64Range>;

// Rounded up; one millisecond is the least that a timer knows.
int64_t ToMs(const google::protobuf::Duration& proto) {
  constexpr int64_t kMostSeconds = 315'576'000;  // ten years
  const int64_t seconds = std::min(proto.seconds(), kMostSeconds);
  return seconds * 1000 + (proto.nanos() + 999'999) / 1'000'000;
}

int64_t RequiredMs(bool is_there, const google::protobuf::Duration& proto, const char* field,
                   Faults& faults) {
  const int64_t duration_ms = is_there ? ToMs(proto) : 0;
  if (duration_ms <= 0) faults.Add(field, "is required, and more than 0s");
  return duration_ms;
}

int64_t IntervalMs(bool is_there, const google::protobuf::Duration& proto, int64_t otherwise_ms,
                   const char* field, Faults& faults) {
  if (!is_there) return otherwise_ms;
  const int64_t duration_ms = ToMs(proto);
  if (duration_ms <= 0) faults.Add(field, "must be greater than 0s");
  return duration_ms;
}

int64_t JitterMs(const google::protobuf::Duration& proto, const char* field, Faults& faults) {
  const int64_t duration_ms = ToMs(proto);
  if (duration_ms < 0) faults.Add(field, "must not be negative");
  return duration_ms;
}

void ParseTimes(const core::HealthCheck& proto, HealthCheckConfig& config, Faults& faults) {
  config.timeout_ms = RequiredMs(proto.has_timeout(), proto.timeout(), "timeout", faults);
  config.interval_ms = RequiredMs(proto.has_interval(), proto.interval(), "interval", faults);
  config.unhealthy_interval_ms =
      IntervalMs(proto.has_unhealthy_interval(), proto.unhealthy_interval(), config.interval_ms,
                 "unhealthy_interval", faults);
  config.unhealthy_edge_interval_ms =
      IntervalMs(proto.has_unhealthy_edge_interval(), proto.unhealthy_edge_interval(),
                 config.unhealthy_interval_ms, "unhealthy_edge_interval", faults);
  config.healthy_edge_interval_ms =
      IntervalMs(proto.has_healthy_edge_interval(), proto.healthy_edge_interval(),
                 config.interval_ms, "healthy_edge_interval", faults);
  config.no_traffic_interval_ms =
      IntervalMs(proto.has_no_traffic_interval(), proto.no_traffic_interval(),
                 config.no_traffic_interval_ms, "no_traffic_interval", faults);
  config.no_traffic_healthy_interval_ms =
      IntervalMs(proto.has_no_traffic_healthy_interval(), proto.no_traffic_healthy_interval(),
                 config.no_traffic_interval_ms, "no_traffic_healthy_interval", faults);
  config.initial_jitter_ms = JitterMs(proto.initial_jitter(), "initial_jitter", faults);
  config.interval_jitter_ms = JitterMs(proto.interval_jitter(), "interval_jitter", faults);
  config.interval_jitter_percent = proto.interval_jitter_percent();
}

uint32_t ParseThreshold(bool is_there, uint32_t value, const char* field, Faults& faults) {
  if (!is_there) faults.Add(field, "is required");
  // As in Envoy, 0 means as soon as can be.
  return std::max(value, 1U);
}

std::string ParsePayload(const core::HealthCheck::Payload& proto, Faults& faults) {
  if (proto.has_binary()) return proto.binary();
  const std::string& text = proto.text();
  if (text.size() % 2 != 0 || !std::all_of(text.begin(), text.end(), absl::ascii_isxdigit)) {
    faults.Add("text", base::StrCat("'", text, "' is not pairs of hexadecimal digits"));
    return {};
  }
  return absl::HexStringToBytes(text);
}

void ParsePayloads(bool has_send, const core::HealthCheck::Payload& send, const Payloads& receive,
                   HealthCheckConfig& config, Faults& faults) {
  if (has_send) {
    Faults::Scope scope(faults, "send");
    config.send = ParsePayload(send, faults);
  }
  for (int i = 0; i < receive.size(); ++i) {
    Faults::Scope scope(faults, "receive", i);
    config.receive.push_back(ParsePayload(receive[i], faults));
    if (config.receive.back().empty()) faults.Add("", "must not be empty");
  }
}

std::vector<StatusRange> ParseStatuses(const Ranges& proto, const char* field, Faults& faults) {
  std::vector<StatusRange> ranges;
  for (int i = 0; i < proto.size(); ++i) {
    Faults::Scope scope(faults, field, i);
    const StatusRange range{proto[i].start(), proto[i].end()};
    if (range.start >= range.end || range.start < 100 || range.end > 600) {
      faults.Add("", base::StrCat("[", range.start, ", ", range.end,
                                  ") is not a range of statuses from 100 to 599"));
    }
    ranges.push_back(range);
  }
  return ranges;
}

HeaderToAdd::Action ParseAction(const core::HeaderValueOption& proto) {
  using Option = core::HeaderValueOption;
  if (proto.has_append()) {
    return proto.append().value() ? HeaderToAdd::Action::kAppend : HeaderToAdd::Action::kOverwrite;
  }
  switch (proto.append_action()) {
    case Option::ADD_IF_ABSENT:
      return HeaderToAdd::Action::kAddIfAbsent;
    case Option::OVERWRITE_IF_EXISTS_OR_ADD:
      return HeaderToAdd::Action::kOverwrite;
    case Option::OVERWRITE_IF_EXISTS:
      return HeaderToAdd::Action::kOverwriteIfPresent;
    default:
      return HeaderToAdd::Action::kAppend;
  }
}

// The codecs own what frames a message; the check's other fields say the rest.
bool IsOwned(const std::string& name) {
  static constexpr std::string_view kOwned[] = {
      "connection", "content-length",    "host",   "keep-alive", "te",
      "trailer",    "transfer-encoding", "upgrade"};
  return name.starts_with(':') ||
         std::find(std::begin(kOwned), std::end(kOwned), name) != std::end(kOwned);
}

std::vector<HeaderToAdd> ParseHeaders(const HeaderOptions& proto, const char* field,
                                      Faults& faults) {
  std::vector<HeaderToAdd> headers;
  for (int i = 0; i < proto.size(); ++i) {
    Faults::Scope scope(faults, field, i);
    HeaderToAdd header;
    header.name = absl::AsciiStrToLower(proto[i].header().key());
    header.value = absl::StrReplaceAll(proto[i].header().value(), {{"%%", "%"}});
    header.action = ParseAction(proto[i]);
    if (header.name.empty() || IsOwned(header.name)) {
      faults.Add("header.key", base::StrCat("'", header.name, "' cannot be set here"));
    }
    if (absl::StrReplaceAll(proto[i].header().value(), {{"%%", ""}}).find('%') !=
        std::string::npos) {
      faults.Add("header.value", "command operators are not implemented for health checks");
    }
    if (header.value.empty() && !proto[i].keep_empty_value()) continue;
    headers.push_back(std::move(header));
  }
  return headers;
}

void ParseMethod(core::RequestMethod method, HealthCheckConfig& config) {
  if (method != core::METHOD_UNSPECIFIED) config.method_name = core::RequestMethod_Name(method);
  config.method = http::ParseMethod(config.method_name);
}

void ParseHttp(const core::HealthCheck::HttpHealthCheck& proto, HealthCheckConfig& config,
               Faults& faults) {
  Faults::Scope scope(faults, "http_health_check");
  config.kind = CheckKind::kHttp;
  config.authority = proto.host();
  config.path = proto.path();
  if (!config.path.starts_with('/') || config.path.find(' ') != std::string::npos) {
    faults.Add("path", base::StrCat("'", config.path, "' must begin with '/' and have no spaces"));
  }
  ParseMethod(proto.method(), config);
  ParsePayloads(proto.has_send(), proto.send(), proto.receive(), config, faults);
  const bool may_send = config.method == http::Method::kPost ||
                        config.method == http::Method::kPut ||
                        config.method == http::Method::kPatch;
  if (!config.send.empty() && !may_send) {
    faults.Add("send", base::StrCat("a ", config.method_name, " request has no body"));
  }
  config.expected_statuses = ParseStatuses(proto.expected_statuses(), "expected_statuses", faults);
  if (config.expected_statuses.empty()) config.expected_statuses.push_back({200, 201});
  config.retriable_statuses =
      ParseStatuses(proto.retriable_statuses(), "retriable_statuses", faults);
  config.uses_http2 = proto.codec_client_type() == envoy::type::v3::HTTP2;
  config.headers_to_add =
      ParseHeaders(proto.request_headers_to_add(), "request_headers_to_add", faults);
  for (const std::string& name : proto.request_headers_to_remove()) {
    config.headers_to_remove.push_back(absl::AsciiStrToLower(name));
  }
  if (proto.has_response_buffer_size()) {
    const uint64_t bytes = proto.response_buffer_size().value();
    config.examined_body_bytes = bytes == 0 ? UINT64_MAX : bytes;
  }
}

void ParseGrpc(const core::HealthCheck::GrpcHealthCheck& proto, HealthCheckConfig& config,
               Faults& faults) {
  Faults::Scope scope(faults, "grpc_health_check");
  config.kind = CheckKind::kGrpc;
  config.authority = proto.authority();
  config.grpc_service = proto.service_name();
  config.path = "/grpc.health.v1.Health/Check";
  ParseMethod(core::POST, config);
  config.uses_http2 = true;
  config.expected_statuses.push_back({200, 201});
  config.headers_to_add = ParseHeaders(proto.initial_metadata(), "initial_metadata", faults);
}

void ParseTcp(const core::HealthCheck::TcpHealthCheck& proto, HealthCheckConfig& config,
              Faults& faults) {
  Faults::Scope scope(faults, "tcp_health_check");
  config.kind = CheckKind::kTcp;
  ParsePayloads(proto.has_send(), proto.send(), proto.receive(), config, faults);
}

void ParseChecker(const core::HealthCheck& proto, HealthCheckConfig& config, Faults& faults) {
  if (proto.has_http_health_check()) return ParseHttp(proto.http_health_check(), config, faults);
  if (proto.has_tcp_health_check()) return ParseTcp(proto.tcp_health_check(), config, faults);
  if (proto.has_grpc_health_check()) return ParseGrpc(proto.grpc_health_check(), config, faults);
  faults.Add("", "one of http_health_check, tcp_health_check, grpc_health_check is required");
}

void ParseLog(const core::HealthCheck& proto, HealthCheckConfig& config, Faults& faults) {
  config.event_log_path = proto.event_log_path();
  config.logs_all_failures = proto.always_log_health_check_failures();
  config.logs_all_successes = proto.always_log_health_check_success();
  if (proto.event_logger_size() > 1) faults.Add("event_logger", "one at most is implemented");
  if (proto.event_logger_size() == 0) return;
  Faults::Scope scope(faults, "event_logger", 0);
  if (!config.event_log_path.empty()) faults.Add("", "event_log_path says where to log already");
  Faults::Scope inner(faults, "typed_config");
  HealthCheckEventFileSink sink;
  if (config::Unpack(proto.event_logger(0).typed_config(), sink, faults)) {
    config.event_log_path = sink.event_log_path();
  }
}

}  // namespace

std::shared_ptr<const HealthCheckConfig> ParseHealthCheck(const core::HealthCheck& proto,
                                                          Faults& faults) {
  const size_t faults_before = faults.faults().size();
  auto config = std::make_shared<HealthCheckConfig>();
  ParseTimes(proto, *config, faults);
  config->unhealthy_threshold =
      ParseThreshold(proto.has_unhealthy_threshold(), proto.unhealthy_threshold().value(),
                     "unhealthy_threshold", faults);
  config->healthy_threshold =
      ParseThreshold(proto.has_healthy_threshold(), proto.healthy_threshold().value(),
                     "healthy_threshold", faults);
  if (proto.has_alt_port()) {
    if (proto.alt_port().value() == 0 || proto.alt_port().value() > 65535) {
      faults.Add("alt_port", "must be from 1 to 65535");
    }
    config->alt_port = static_cast<uint16_t>(proto.alt_port().value());
  }
  config->reuses_connection = !proto.has_reuse_connection() || proto.reuse_connection().value();
  config->alpn = {proto.tls_options().alpn_protocols().begin(),
                  proto.tls_options().alpn_protocols().end()};
  ParseChecker(proto, *config, faults);
  ParseLog(proto, *config, faults);
  if (faults.faults().size() > faults_before) return nullptr;
  return config;
}

}  // namespace weir::health
