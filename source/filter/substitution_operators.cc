#include "source/filter/substitution_operators.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <iterator>

namespace weir::filter {

namespace {

using Arguments = OperatorArguments;

bool AppendNumber(int64_t value, std::string& out) {
  char text[24];
  out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
  return true;
}

bool AppendText(std::string_view text, std::string& out) {
  out += text;
  return !text.empty();
}

bool AppendMilliseconds(int64_t from_ns, int64_t to_ns, std::string& out) {
  return from_ns >= 0 && to_ns >= from_ns && AppendNumber((to_ns - from_ns) / 1'000'000, out);
}

// "1.2.3.4:5" → "1.2.3.4", "[::1]:5" → "::1".
std::string_view WithoutPort(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (text.empty() || text[0] == '/' || colon == std::string_view::npos) return text;
  std::string_view ip = text.substr(0, colon);
  if (ip.size() > 1 && ip.front() == '[') ip = ip.substr(1, ip.size() - 2);
  return ip;
}

bool AppendPort(const net::Address& address, std::string& out) {
  return address.is_ip() && AppendNumber(address.port(), out);
}

// What a client may look at under the name of a header; pseudo headers are fields of the head.
std::string_view RequestValue(const http::RequestHead& head, const std::string& name) {
  if (name == ":method") return head.method_name;
  if (name == ":path") return head.path;
  if (name == ":authority" || name == "host") return head.authority;
  if (name == ":scheme") return head.scheme;
  return head.headers.Value(name);
}

bool Request(const StreamInfo& info, const Arguments& arguments, std::string& out) {
  if (info.request == nullptr) return false;
  std::string_view value = RequestValue(*info.request, arguments.main);
  if (value.empty() && !arguments.alternative.empty()) {
    value = RequestValue(*info.request, arguments.alternative);
  }
  return AppendText(value, out);
}

bool FromMap(const http::HeaderMap* headers, const Arguments& arguments, std::string& out) {
  if (headers == nullptr) return false;
  std::string_view value = headers->Value(arguments.main);
  if (value.empty() && !arguments.alternative.empty()) {
    value = headers->Value(arguments.alternative);
  }
  return AppendText(value, out);
}

bool Response(const StreamInfo& info, const Arguments& arguments, std::string& out) {
  if (info.response == nullptr) return false;
  if (arguments.main == ":status") return AppendNumber(info.response->status, out);
  return FromMap(&info.response->headers, arguments, out);
}

// Envoy's fractions of a second: %3f milliseconds, %6f micro, %9f nano, %f nine digits.
void ExpandFractions(int64_t wall_us, std::string& format) {
  const int64_t nanos = wall_us % 1'000'000 * 1000;
  char digits[16];
  std::snprintf(digits, sizeof digits, "%09lld", static_cast<long long>(nanos));
  for (size_t at = 0; (at = format.find('%', at)) != std::string::npos;) {
    size_t width = 9, length = 2;
    char kind = at + 1 < format.size() ? format[at + 1] : '\0';
    if (kind >= '1' && kind <= '9' && at + 2 < format.size() && format[at + 2] == 'f') {
      width = static_cast<size_t>(kind - '0');
      length = 3;
      kind = 'f';
    }
    if (kind != 'f') {
      at += 2;
      continue;
    }
    format.replace(at, length, digits, width);
    at += width;
  }
}

bool StartTime(const StreamInfo& info, const Arguments& arguments, std::string& out) {
  const time_t seconds = static_cast<time_t>(info.start_wall_us / 1'000'000);
  std::string format = arguments.main.empty() ? "%Y-%m-%dT%H:%M:%S.%3fZ" : arguments.main;
  ExpandFractions(info.start_wall_us, format);
  std::tm utc;
  gmtime_r(&seconds, &utc);
  char text[256];
  const size_t size = std::strftime(text, sizeof text, format.c_str(), &utc);
  out.append(text, size);
  return size > 0;
}

bool HostName(const StreamInfo&, const Arguments&, std::string& out) {
  static const std::string* name = [] {
    char text[256] = {};
    gethostname(text, sizeof text - 1);
    return new std::string(text);
  }();
  return AppendText(*name, out);
}

constexpr auto kNone = Operator::Argument::kNone;
constexpr auto kHeader = Operator::Argument::kHeader;
constexpr auto kTime = Operator::Argument::kTime;

#define WEIR_VALUE \
  [](const StreamInfo& info, [[maybe_unused]] const Arguments& arguments, std::string& out) -> bool

const Operator kOperators[] = {
    {"BYTES_RECEIVED", kNone,
     WEIR_VALUE{return AppendNumber(static_cast<int64_t>(info.bytes_received), out);
}  // namespace
, true
}  // namespace weir::filter
, {"BYTES_SENT", kNone, WEIR_VALUE{return AppendNumber(static_cast<int64_t>(info.bytes_sent), out);
}
, true
}
, {"CONNECTION_ID", kNone,
   WEIR_VALUE{return AppendNumber(static_cast<int64_t>(info.connection->id), out);
}
, true
}
, {"CONNECTION_TERMINATION_DETAILS", kNone,
   WEIR_VALUE{return AppendText(info.connection->termination_details, out);
}
}
, {"DOWNSTREAM_DIRECT_LOCAL_ADDRESS", kNone,
   WEIR_VALUE{return AppendText(info.connection->local_text, out);
}
}
, {"DOWNSTREAM_DIRECT_REMOTE_ADDRESS", kNone,
   WEIR_VALUE{return AppendText(info.connection->direct_remote_text, out);
}
}
, {"DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT", kNone,
   WEIR_VALUE{return AppendText(WithoutPort(info.connection->direct_remote_text), out);
}
}
, {"DOWNSTREAM_LOCAL_ADDRESS", kNone,
   WEIR_VALUE{return AppendText(info.connection->local_text, out);
}
}
, {"DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT", kNone,
   WEIR_VALUE{return AppendText(WithoutPort(info.connection->local_text), out);
}
}
, {"DOWNSTREAM_LOCAL_PORT", kNone, WEIR_VALUE{return AppendPort(info.connection->local, out);
}
, true
}
, {"DOWNSTREAM_REMOTE_ADDRESS", kNone,
   WEIR_VALUE{return info.remote != nullptr && AppendText(info.remote->ToString(), out);
}
}
, {"DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT", kNone,
   WEIR_VALUE{return info.remote != nullptr && AppendText(info.remote->IpString(), out);
}
}
, {"DOWNSTREAM_REMOTE_PORT", kNone,
   WEIR_VALUE{return info.remote != nullptr && AppendPort(*info.remote, out);
}
, true
}
, {"DURATION", kNone, WEIR_VALUE{return AppendMilliseconds(info.start_ns, info.end_ns, out);
}
, true
}
, {"FILTER_CHAIN_NAME", kNone,
   WEIR_VALUE{return AppendText(info.connection->filter_chain_name, out);
}
}
, {"HOSTNAME", kNone, HostName},
    {"PROTOCOL", kNone,
     WEIR_VALUE{return info.is_http && AppendText(http::VersionName(info.version), out);
}
}
, {"REQ", kHeader, Request},
    {"REQUEST_DURATION", kNone,
     WEIR_VALUE{return AppendMilliseconds(info.start_ns, info.last_downstream_rx_ns, out);
}
, true
}
, {"RESP", kHeader, Response},
    {"RESPONSE_CODE", kNone, WEIR_VALUE{return AppendNumber(info.response_code, out);
}
, true
}
, {"RESPONSE_CODE_DETAILS", kNone, WEIR_VALUE{return AppendText(info.response_code_details, out);
}
}
, {"RESPONSE_DURATION", kNone,
   WEIR_VALUE{return AppendMilliseconds(info.start_ns, info.first_upstream_rx_ns, out);
}
, true
}
, {"RESPONSE_FLAGS", kNone,
   WEIR_VALUE{return !info.flags.empty() && AppendText(info.flags.ToString(), out);
}
}
, {"RESPONSE_TX_DURATION", kNone,
   WEIR_VALUE{return AppendMilliseconds(info.first_upstream_rx_ns, info.last_downstream_tx_ns, out);
}
, true
}
, {"ROUTE_NAME", kNone,
   WEIR_VALUE{return info.route != nullptr && AppendText(info.route->name, out);
}
}
, {"START_TIME", kTime, StartTime},
    {"TRAILER", kHeader, WEIR_VALUE{return FromMap(info.response_trailers, arguments, out);
}
}
, {"UPSTREAM_CLUSTER", kNone, WEIR_VALUE{return AppendText(info.cluster_name, out);
}
}
, {"UPSTREAM_HOST", kNone,
   WEIR_VALUE{return info.upstream_host != nullptr &&
                     AppendText(info.upstream_host->address_text(), out);
}
}
, {"UPSTREAM_LOCAL_ADDRESS", kNone,
   WEIR_VALUE{return info.upstream_local.is_set() &&
                     AppendText(info.upstream_local.ToString(), out);
}
}
, {"UPSTREAM_REMOTE_ADDRESS", kNone,
   WEIR_VALUE{return info.upstream_host != nullptr &&
                     AppendText(info.upstream_host->address_text(), out);
}
}
, {"UPSTREAM_REQUEST_ATTEMPT_COUNT", kNone, WEIR_VALUE{return AppendNumber(info.attempt_count, out);
}
, true
}
, {"UPSTREAM_TRANSPORT_FAILURE_REASON", kNone,
   WEIR_VALUE{return AppendText(info.upstream_failure_reason, out);
}
}
, {"VIRTUAL_HOST_NAME", kNone,
   WEIR_VALUE{return info.route != nullptr && info.route->virtual_host != nullptr &&
                     AppendText(info.route->virtual_host->name, out);
}
}
,
}
;

#undef WEIR_VALUE

}  // namespace

const Operator* FindOperator(std::string_view name) {
  const auto found = std::find_if(std::begin(kOperators), std::end(kOperators),
                                  [name](const Operator& op) { return op.name == name; });
  return found == std::end(kOperators) ? nullptr : found;
}

std::vector<std::string> OperatorNames() {
  std::vector<std::string> names;
  for (const Operator& op : kOperators) names.emplace_back(op.name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace weir::filter
