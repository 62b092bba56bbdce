// Tested by test/filter/substitution_format_test.cc

#include "source/filter/substitution_operators.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "absl/types/span.h"
#include "source/filter/grpc_outcome.h"
#include "source/filter/secure_operators.h"

namespace weir::filter {

namespace {

using Arguments = OperatorArguments;
using http::HeaderId;

bool AppendNumber(uint64_t value, std::string& out) {
  char text[20];
  out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
  return true;
}

bool AppendText(std::string_view text, std::string& out) {
  out += text;
  return !text.empty();
}

bool AppendMilliseconds(int64_t from_ns, int64_t to_ns, std::string& out) {
  if (from_ns < 0 || to_ns < from_ns) return false;
  return AppendNumber(static_cast<uint64_t>(to_ns - from_ns) / 1'000'000, out);
}

// "1.2.3.4:5" → "1.2.3.4", "[::1]:5" → "::1"; the path of a pipe as it is.
std::string_view WithoutPort(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (text.empty() || text[0] == '/' || text[0] == '@' || colon == std::string_view::npos) {
    return text;
  }
  std::string_view ip = text.substr(0, colon);
  if (ip.size() > 1 && ip.front() == '[') ip = ip.substr(1, ip.size() - 2);
  return ip;
}

bool AppendPort(const net::Address& address, std::string& out) {
  return address.is_ip() && AppendNumber(address.port(), out);
}

// --- headers ---

bool FromMap(const http::HeaderMap& headers, const HeaderKey& key, std::string& out) {
  const http::Header* found =
      key.id == HeaderId::kOther ? headers.Find(key.name) : headers.Find(key.id);
  if (found == nullptr) return false;
  out += found->value;
  return true;
}

// The head keeps some fields outside its map.
bool FromRequest(const http::RequestHead& head, const HeaderKey& key, std::string& out) {
  if (key.name.empty()) return false;
  if (key.name[0] == ':') {
    if (key.name == ":method") return AppendText(head.method_name, out);
    if (key.name == ":path") return AppendText(head.path, out);
    if (key.name == ":authority") return AppendText(head.authority, out);
    if (key.name == ":scheme") return AppendText(head.scheme, out);
    return false;
  }
  if (key.id == HeaderId::kHost) return AppendText(head.authority, out);
  if (key.id == HeaderId::kUpgrade) return AppendText(head.upgrade, out);
  if (key.id == HeaderId::kContentLength) {
    return head.content_length > 0 && AppendNumber(static_cast<uint64_t>(head.content_length), out);
  }
  return FromMap(head.headers, key, out);
}

bool FromResponse(const http::ResponseHead& head, const HeaderKey& key, std::string& out) {
  if (key.name.empty()) return false;
  if (key.name == ":status") return AppendNumber(static_cast<uint64_t>(head.status), out);
  if (key.id == HeaderId::kUpgrade) return AppendText(head.upgrade, out);
  if (key.id == HeaderId::kContentLength) {
    return head.content_length >= 0 &&
           AppendNumber(static_cast<uint64_t>(head.content_length), out);
  }
  return FromMap(head.headers, key, out);
}

bool Request(const StreamInfo& info, const Arguments& arguments, std::string& out) {
  return info.request != nullptr && (FromRequest(*info.request, arguments.header, out) ||
                                     FromRequest(*info.request, arguments.alternative, out));
}

bool RequestWithoutQuery(const StreamInfo& info, const Arguments& arguments, std::string& out) {
  const size_t begin = out.size();
  if (!Request(info, arguments, out)) return false;
  out.resize(std::min(out.find('?', begin), out.size()));
  return true;
}

bool Response(const StreamInfo& info, const Arguments& arguments, std::string& out) {
  return info.response != nullptr && (FromResponse(*info.response, arguments.header, out) ||
                                      FromResponse(*info.response, arguments.alternative, out));
}

bool Trailer(const StreamInfo& info, const Arguments& arguments, std::string& out) {
  if (info.response_trailers == nullptr) return false;
  return FromMap(*info.response_trailers, arguments.header, out) ||
         (!arguments.alternative.name.empty() &&
          FromMap(*info.response_trailers, arguments.alternative, out));
}

// --- the stream ---

bool StartTime(const StreamInfo& info, const Arguments& arguments, std::string& out) {
  arguments.time.AppendTo(info.start_wall_us, out);
  return true;
}

bool Protocol(const StreamInfo& info, const Arguments&, std::string& out) {
  return info.is_http && AppendText(http::VersionName(info.version), out);
}

bool ResponseCode(const StreamInfo& info, const Arguments&, std::string& out) {
  return AppendNumber(static_cast<uint64_t>(std::max(info.response_code, 0)), out);
}

bool ResponseCodeDetails(const StreamInfo& info, const Arguments&, std::string& out) {
  return AppendText(info.response_code_details, out);
}

bool AppendFlags(const StreamInfo& info, const Arguments&, std::string& out) {
  if (info.flags.empty()) return AppendText("-", out);
  const size_t begin = out.size();
  for (int i = 0; i < static_cast<int>(ResponseFlag::kCount); ++i) {
    const auto flag = static_cast<ResponseFlag>(i);
    if (!info.flags.Has(flag)) continue;
    if (out.size() > begin) out += ',';
    out += ShortName(flag);
  }
  return true;
}

bool BytesReceived(const StreamInfo& info, const Arguments&, std::string& out) {
  return AppendNumber(info.bytes_received, out);
}

bool BytesSent(const StreamInfo& info, const Arguments&, std::string& out) {
  return AppendNumber(info.bytes_sent, out);
}

bool Duration(const StreamInfo& info, const Arguments&, std::string& out) {
  return AppendMilliseconds(info.start_ns, info.end_ns, out);
}

bool RequestDuration(const StreamInfo& info, const Arguments&, std::string& out) {
  return AppendMilliseconds(info.start_ns, info.last_downstream_rx_ns, out);
}

bool RequestTxDuration(const StreamInfo& info, const Arguments&, std::string& out) {
  return AppendMilliseconds(info.start_ns, info.last_upstream_tx_ns, out);
}

bool ResponseDuration(const StreamInfo& info, const Arguments&, std::string& out) {
  return AppendMilliseconds(info.start_ns, info.first_upstream_rx_ns, out);
}

bool ResponseTxDuration(const StreamInfo& info, const Arguments&, std::string& out) {
  return AppendMilliseconds(info.first_upstream_rx_ns, info.last_downstream_tx_ns, out);
}

bool RouteName(const StreamInfo& info, const Arguments&, std::string& out) {
  return info.route != nullptr && AppendText(info.route->name, out);
}

bool VirtualHostName(const StreamInfo& info, const Arguments&, std::string& out) {
  return info.route != nullptr && info.route->virtual_host != nullptr &&
         AppendText(info.route->virtual_host->name, out);
}

// What ties lines together that speak of one stream: the request's ID, else our own number.
bool StreamId(const StreamInfo& info, const Arguments&, std::string& out) {
  if (info.request != nullptr &&
      AppendText(info.request->headers.Value(HeaderId::kXRequestId), out)) {
    return true;
  }
  return AppendNumber(info.stream_id, out);
}

bool HostName(const StreamInfo&, const Arguments&, std::string& out) {
  static const std::string* name = [] {
    char text[256] = {};
    gethostname(text, sizeof text - 1);
    return new std::string(text);
  }();
  return AppendText(*name, out);
}

// --- downstream ---

bool ConnectionId(const StreamInfo& info, const Arguments&, std::string& out) {
  return info.connection != nullptr && AppendNumber(info.connection->id, out);
}

bool TerminationDetails(const StreamInfo& info, const Arguments&, std::string& out) {
  return info.connection != nullptr && AppendText(info.connection->termination_details, out);
}

bool FilterChainName(const StreamInfo& info, const Arguments&, std::string& out) {
  return info.connection != nullptr && AppendText(info.connection->filter_chain_name, out);
}

bool LocalAddress(const StreamInfo& info, const Arguments&, std::string& out) {
  return info.connection != nullptr && AppendText(info.connection->local.ToString(), out);
}

bool LocalIp(const StreamInfo& info, const Arguments&, std::string& out) {
  return info.connection != nullptr && AppendText(info.connection->local.IpString(), out);
}

bool LocalPort(const StreamInfo& info, const Arguments&, std::string& out) {
  return info.connection != nullptr && AppendPort(info.connection->local, out);
}

bool DirectRemoteAddress(const StreamInfo& info, const Arguments&, std::string& out) {
  return info.connection != nullptr && AppendText(info.connection->direct_remote_text, out);
}

bool DirectRemoteIp(const StreamInfo& info, const Arguments&, std::string& out) {
  return info.connection != nullptr &&
         AppendText(WithoutPort(info.connection->direct_remote_text), out);
}

bool DirectRemotePort(const StreamInfo& info, const Arguments&, std::string& out) {
  return info.connection != nullptr && AppendPort(info.connection->direct_remote, out);
}

// The client is the peer as a rule: then the connection has the text already.
bool IsDirect(const StreamInfo& info) {
  return info.connection != nullptr &&
         (info.remote == nullptr || *info.remote == info.connection->direct_remote);
}

bool RemoteAddress(const StreamInfo& info, const Arguments& arguments, std::string& out) {
  if (IsDirect(info)) return DirectRemoteAddress(info, arguments, out);
  return info.remote != nullptr && AppendText(info.remote->ToString(), out);
}

bool RemoteIp(const StreamInfo& info, const Arguments& arguments, std::string& out) {
  if (IsDirect(info)) return DirectRemoteIp(info, arguments, out);
  return info.remote != nullptr && AppendText(info.remote->IpString(), out);
}

bool RemotePort(const StreamInfo& info, const Arguments& arguments, std::string& out) {
  if (IsDirect(info)) return DirectRemotePort(info, arguments, out);
  return info.remote != nullptr && AppendPort(*info.remote, out);
}

// --- upstream ---

bool UpstreamHost(const StreamInfo& info, const Arguments&, std::string& out) {
  return info.upstream_host != nullptr && AppendText(info.upstream_host->address_text(), out);
}

bool UpstreamIp(const StreamInfo& info, const Arguments&, std::string& out) {
  return info.upstream_host != nullptr &&
         AppendText(WithoutPort(info.upstream_host->address_text()), out);
}

bool UpstreamPort(const StreamInfo& info, const Arguments&, std::string& out) {
  return info.upstream_host != nullptr && AppendPort(info.upstream_host->address(), out);
}

bool UpstreamHostName(const StreamInfo& info, const Arguments& arguments, std::string& out) {
  if (info.upstream_host == nullptr) return false;
  return AppendText(info.upstream_host->hostname(), out) || UpstreamHost(info, arguments, out);
}

bool UpstreamCluster(const StreamInfo& info, const Arguments&, std::string& out) {
  return AppendText(info.cluster_name, out);
}

bool UpstreamLocalAddress(const StreamInfo& info, const Arguments&, std::string& out) {
  return info.upstream_local.is_set() && AppendText(info.upstream_local.ToString(), out);
}

bool UpstreamLocalIp(const StreamInfo& info, const Arguments&, std::string& out) {
  return info.upstream_local.is_set() && AppendText(info.upstream_local.IpString(), out);
}

bool UpstreamLocalPort(const StreamInfo& info, const Arguments&, std::string& out) {
  return AppendPort(info.upstream_local, out);
}

bool AttemptCount(const StreamInfo& info, const Arguments&, std::string& out) {
  return AppendNumber(info.attempt_count, out);
}

bool FailureReason(const StreamInfo& info, const Arguments&, std::string& out) {
  return AppendText(info.upstream_failure_reason, out);
}

// --- gRPC ---

bool GrpcNumber(const StreamInfo& info, const Arguments&, std::string& out) {
  if (!IsGrpcStream(info)) return false;
  const auto status = GrpcStatusOf(info);
  return status.has_value() && AppendText(http::GrpcStatusNumber(*status), out);
}

bool Grpc(const StreamInfo& info, const Arguments& arguments, std::string& out) {
  using Format = OperatorArguments::GrpcFormat;
  if (arguments.grpc == Format::kNumber) return GrpcNumber(info, arguments, out);
  if (!IsGrpcStream(info)) return false;
  const auto status = GrpcStatusOf(info);
  if (!status.has_value()) return false;
  return AppendText(arguments.grpc == Format::kCamel ? http::GrpcStatusCamelName(*status)
                                                     : http::GrpcStatusSnakeName(*status),
                    out);
}

constexpr auto kNone = Operator::Argument::kNone;
constexpr auto kHeader = Operator::Argument::kHeader;
constexpr auto kTime = Operator::Argument::kTime;
constexpr auto kGrpcFormat = Operator::Argument::kGrpcFormat;
constexpr auto kText = Operator::Type::kText;
constexpr auto kNumber = Operator::Type::kNumber;

// Sorted by name.
constexpr Operator kOperators[] = {
    {"BYTES_RECEIVED", kNone, kNumber, BytesReceived},
    {"BYTES_SENT", kNone, kNumber, BytesSent},
    {"CONNECTION_ID", kNone, kNumber, ConnectionId},
    {"CONNECTION_TERMINATION_DETAILS", kNone, kText, TerminationDetails},
    {"DOWNSTREAM_DIRECT_LOCAL_ADDRESS", kNone, kText, LocalAddress},
    {"DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT", kNone, kText, LocalIp},
    {"DOWNSTREAM_DIRECT_LOCAL_PORT", kNone, kNumber, LocalPort},
    {"DOWNSTREAM_DIRECT_REMOTE_ADDRESS", kNone, kText, DirectRemoteAddress},
    {"DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT", kNone, kText, DirectRemoteIp},
    {"DOWNSTREAM_DIRECT_REMOTE_PORT", kNone, kNumber, DirectRemotePort},
    {"DOWNSTREAM_LOCAL_ADDRESS", kNone, kText, LocalAddress},
    {"DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT", kNone, kText, LocalIp},
    {"DOWNSTREAM_LOCAL_PORT", kNone, kNumber, LocalPort},
    {"DOWNSTREAM_REMOTE_ADDRESS", kNone, kText, RemoteAddress},
    {"DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT", kNone, kText, RemoteIp},
    {"DOWNSTREAM_REMOTE_PORT", kNone, kNumber, RemotePort},
    {"DURATION", kNone, kNumber, Duration},
    {"FILTER_CHAIN_NAME", kNone, kText, FilterChainName},
    {"GRPC_STATUS", kGrpcFormat, kText, Grpc},
    {"GRPC_STATUS_NUMBER", kNone, kNumber, GrpcNumber},
    {"HOSTNAME", kNone, kText, HostName},
    {"PROTOCOL", kNone, kText, Protocol},
    {"REQ", kHeader, kText, Request},
    {"REQUEST_DURATION", kNone, kNumber, RequestDuration},
    {"REQUEST_TX_DURATION", kNone, kNumber, RequestTxDuration},
    {"REQ_WITHOUT_QUERY", kHeader, kText, RequestWithoutQuery},
    {"RESP", kHeader, kText, Response},
    {"RESPONSE_CODE", kNone, kNumber, ResponseCode},
    {"RESPONSE_CODE_DETAILS", kNone, kText, ResponseCodeDetails},
    {"RESPONSE_DURATION", kNone, kNumber, ResponseDuration},
    {"RESPONSE_FLAGS", kNone, kText, AppendFlags},
    {"RESPONSE_TX_DURATION", kNone, kNumber, ResponseTxDuration},
    {"ROUTE_NAME", kNone, kText, RouteName},
    {"START_TIME", kTime, kText, StartTime},
    {"STREAM_ID", kNone, kText, StreamId},
    {"TRAILER", kHeader, kText, Trailer},
    {"UPSTREAM_CLUSTER", kNone, kText, UpstreamCluster},
    {"UPSTREAM_HOST", kNone, kText, UpstreamHost},
    {"UPSTREAM_HOST_NAME", kNone, kText, UpstreamHostName},
    {"UPSTREAM_LOCAL_ADDRESS", kNone, kText, UpstreamLocalAddress},
    {"UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT", kNone, kText, UpstreamLocalIp},
    {"UPSTREAM_LOCAL_PORT", kNone, kNumber, UpstreamLocalPort},
    {"UPSTREAM_REMOTE_ADDRESS", kNone, kText, UpstreamHost},
    {"UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT", kNone, kText, UpstreamIp},
    {"UPSTREAM_REMOTE_PORT", kNone, kNumber, UpstreamPort},
    {"UPSTREAM_REQUEST_ATTEMPT_COUNT", kNone, kNumber, AttemptCount},
    {"UPSTREAM_TRANSPORT_FAILURE_REASON", kNone, kText, FailureReason},
    {"VIRTUAL_HOST_NAME", kNone, kText, VirtualHostName},
};

}  // namespace

const Operator* FindOperator(std::string_view name) {
  for (const absl::Span<const Operator> table : {absl::MakeSpan(kOperators), SecureOperators()}) {
    const auto found = std::find_if(table.begin(), table.end(),
                                    [name](const Operator& op) { return op.name == name; });
    if (found != table.end()) return &*found;
  }
  return nullptr;
}

std::vector<std::string_view> OperatorNames() {
  std::vector<std::string_view> names;
  for (const Operator& op : kOperators) names.push_back(op.name);
  for (const Operator& op : SecureOperators()) names.push_back(op.name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace weir::filter
