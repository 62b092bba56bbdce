#include "source/balancing/probe_report.h"

#include "source/base/strings.h"

namespace weir::balancing {
namespace {

const char* ServingText(uint16_t status) {
  switch (status) {
    case 1:
      return "SERVING";
    case 2:
      return "NOT_SERVING";
    case 3:
      return "SERVICE_UNKNOWN";
    default:
      return "UNKNOWN";
  }
}

const char* PlainText(ProbeAnswer answer) {
  switch (answer) {
    case ProbeAnswer::kConnected:
      return "connected";
    case ProbeAnswer::kExpectedBytes:
      return "expected bytes";
    case ProbeAnswer::kUnexpectedBody:
      return "unexpected body";
    case ProbeAnswer::kRefused:
      return "connection refused";
    case ProbeAnswer::kCannotConnect:
      return "cannot connect";
    case ProbeAnswer::kHandshakeFailed:
      return "handshake failed";
    case ProbeAnswer::kClosed:
      return "connection closed";
    case ProbeAnswer::kReset:
      return "connection reset";
    case ProbeAnswer::kMalformed:
      return "malformed response";
    case ProbeAnswer::kTimeout:
      return "timeout";
    default:
      return "";
  }
}

}  // namespace

std::string ProbeReport::ToText() const {
  switch (answer) {
    case ProbeAnswer::kHttpStatus:
      return base::StrCat(code);
    case ProbeAnswer::kGrpcServing:
      return base::StrCat("grpc ", ServingText(code));
    case ProbeAnswer::kGrpcStatus:
      return base::StrCat("grpc status ", code);
    default:
      return PlainText(answer);
  }
}

}  // namespace weir::balancing
