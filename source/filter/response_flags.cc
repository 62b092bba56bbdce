#include "source/filter/response_flags.h"

#include <iterator>

namespace weir::filter {

namespace {

using http::ErrorKind;
using http::Side;

// In the order of the enum.
constexpr std::string_view kShortNames[] = {"LH", "UH", "UT",  "LR", "UR",  "UF",  "UC",    "UO",
                                            "NR", "DC", "URX", "SI", "DPE", "UPE", "UMSDR", "NC",
                                            "OM", "DT", "DR",  "DI", "FI",  "RL",  "UAEX",  "DO"};
static_assert(std::size(kShortNames) == static_cast<size_t>(ResponseFlag::kCount));

bool DownstreamFlag(ErrorKind kind, ResponseFlag& flag) {
  switch (kind) {
    case ErrorKind::kProtocol:
    case ErrorKind::kHeadTooLarge:
    case ErrorKind::kUriTooLong:
    case ErrorKind::kNotImplemented:
    case ErrorKind::kVersion:
    case ErrorKind::kMisdirected:
      flag = ResponseFlag::kDownstreamProtocolError;
      return true;
    case ErrorKind::kPeerReset:
    case ErrorKind::kRefused:
      flag = ResponseFlag::kDownstreamRemoteReset;
      return true;
    case ErrorKind::kPeerClosed:
      flag = ResponseFlag::kDownstreamConnectionTermination;
      return true;
    case ErrorKind::kIdleTimeout:
      flag = ResponseFlag::kStreamIdleTimeout;
      return true;
    case ErrorKind::kMaxDuration:
      flag = ResponseFlag::kDurationTimeout;
      return true;
    default:
      return false;
  }
}

bool UpstreamFlag(ErrorKind kind, ResponseFlag& flag) {
  switch (kind) {
    case ErrorKind::kProtocol:
    case ErrorKind::kHeadTooLarge:
    case ErrorKind::kNotImplemented:
    case ErrorKind::kVersion:
      flag = ResponseFlag::kUpstreamProtocolError;
      return true;
    case ErrorKind::kPeerReset:
    case ErrorKind::kRefused:
      flag = ResponseFlag::kUpstreamRemoteReset;
      return true;
    case ErrorKind::kPeerClosed:
      flag = ResponseFlag::kUpstreamConnectionTermination;
      return true;
    case ErrorKind::kConnectFailed:
    case ErrorKind::kConnectTimeout:
      flag = ResponseFlag::kUpstreamConnectionFailure;
      return true;
    case ErrorKind::kOverflow:
      flag = ResponseFlag::kUpstreamOverflow;
      return true;
    case ErrorKind::kNoHost:
      flag = ResponseFlag::kNoHealthyUpstream;
      return true;
    case ErrorKind::kDropped:
      flag = ResponseFlag::kDropOverload;
      return true;
    case ErrorKind::kTimeout:
    case ErrorKind::kPerTryTimeout:
    case ErrorKind::kIdleTimeout:
      flag = ResponseFlag::kUpstreamRequestTimeout;
      return true;
    case ErrorKind::kMaxDuration:
      flag = ResponseFlag::kUpstreamMaxStreamDuration;
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string ResponseFlags::ToString() const {
  if (empty()) return "-";
  std::string out;
  for (int i = 0; i < static_cast<int>(ResponseFlag::kCount); ++i) {
    if (!Has(static_cast<ResponseFlag>(i))) continue;
    if (!out.empty()) out += ',';
    out += kShortNames[i];
  }
  return out;
}

std::string_view ShortName(ResponseFlag flag) { return kShortNames[static_cast<int>(flag)]; }

bool ParseResponseFlag(std::string_view name, ResponseFlag& flag) {
  for (size_t i = 0; i < std::size(kShortNames); ++i) {
    if (kShortNames[i] != name) continue;
    flag = static_cast<ResponseFlag>(i);
    return true;
  }
  return false;
}

bool FlagOf(const http::StreamError& error, ResponseFlag& flag) {
  if (error.kind == ErrorKind::kNoRoute) {
    flag = ResponseFlag::kNoRouteFound;
    return true;
  }
  if (error.kind == ErrorKind::kNoCluster) {
    flag = ResponseFlag::kNoClusterFound;
    return true;
  }
  switch (error.side) {
    case Side::kDownstream:
      return DownstreamFlag(error.kind, flag);
    case Side::kUpstream:
      return UpstreamFlag(error.kind, flag);
    case Side::kLocal:
      flag = ResponseFlag::kLocalReset;
      return error.kind == ErrorKind::kLocal;
  }
  return false;
}

}  // namespace weir::filter
