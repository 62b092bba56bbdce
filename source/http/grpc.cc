#include "source/http/grpc.h"

#include <algorithm>
#include <charconv>

#include "source/base/strings.h"

namespace weir::http {

namespace {

struct StatusRow {
  std::string_view number, camel, snake;
  int http;
};

// By code.
constexpr StatusRow kStatuses[kGrpcStatusCount] = {
    {"0", "OK", "OK", 200},
    {"1", "Canceled", "CANCELLED", 499},
    {"2", "Unknown", "UNKNOWN", 500},
    {"3", "InvalidArgument", "INVALID_ARGUMENT", 400},
    {"4", "DeadlineExceeded", "DEADLINE_EXCEEDED", 504},
    {"5", "NotFound", "NOT_FOUND", 404},
    {"6", "AlreadyExists", "ALREADY_EXISTS", 409},
    {"7", "PermissionDenied", "PERMISSION_DENIED", 403},
    {"8", "ResourceExhausted", "RESOURCE_EXHAUSTED", 429},
    {"9", "FailedPrecondition", "FAILED_PRECONDITION", 400},
    {"10", "Aborted", "ABORTED", 409},
    {"11", "OutOfRange", "OUT_OF_RANGE", 400},
    {"12", "Unimplemented", "UNIMPLEMENTED", 501},
    {"13", "Internal", "INTERNAL", 500},
    {"14", "Unavailable", "UNAVAILABLE", 503},
    {"15", "DataLoss", "DATA_LOSS", 500},
    {"16", "Unauthenticated", "UNAUTHENTICATED", 401},
};

const StatusRow& RowOf(GrpcStatus status) { return kStatuses[static_cast<size_t>(status)]; }

constexpr int64_t kMostDigits = 99'999'999;

// Microseconds of one unit; 0: there is no such unit.
int64_t UnitUs(char unit) {
  switch (unit) {
    case 'H':
      return 3'600'000'000;
    case 'M':
      return 60'000'000;
    case 'S':
      return 1'000'000;
    case 'm':
      return 1000;
    case 'u':
      return 1;
    default:
      return 0;
  }
}

bool IsPlain(char c) { return c >= ' ' && c <= '~' && c != '%'; }

}  // namespace

bool IsGrpcContentType(std::string_view content_type) {
  constexpr std::string_view kGrpc = "application/grpc";
  if (!content_type.starts_with(kGrpc)) return false;
  const std::string_view rest = content_type.substr(kGrpc.size());
  return rest.empty() || rest[0] == '+' || rest[0] == ';';
}

bool IsGrpc(const RequestHead& head) {
  return IsGrpcContentType(head.headers.Value(HeaderId::kContentType));
}

bool IsGrpc(const ResponseHead& head) {
  return IsGrpcContentType(head.headers.Value(HeaderId::kContentType));
}

GrpcStatus GrpcStatusOfHttp(int status) {
  switch (status) {
    case 400:
      return GrpcStatus::kInternal;
    case 401:
      return GrpcStatus::kUnauthenticated;
    case 403:
      return GrpcStatus::kPermissionDenied;
    case 404:
      return GrpcStatus::kUnimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return GrpcStatus::kUnavailable;
    default:
      return GrpcStatus::kUnknown;
  }
}

int HttpStatusOfGrpc(GrpcStatus status) { return RowOf(status).http; }

std::optional<GrpcStatus> FindGrpcStatus(const HeaderMap& fields) {
  const Header* const field = fields.Find(HeaderId::kGrpcStatus);
  if (field == nullptr) return std::nullopt;
  const auto code = base::ParseInteger<uint32_t>(field->value);
  if (!code.has_value() || *code >= kGrpcStatusCount) return GrpcStatus::kUnknown;
  return static_cast<GrpcStatus>(*code);
}

std::string_view GrpcStatusNumber(GrpcStatus status) { return RowOf(status).number; }
std::string_view GrpcStatusCamelName(GrpcStatus status) { return RowOf(status).camel; }
std::string_view GrpcStatusSnakeName(GrpcStatus status) { return RowOf(status).snake; }

std::optional<int64_t> GrpcTimeoutMs(const HeaderMap& fields) {
  const std::string_view text = fields.Value(HeaderId::kGrpcTimeout);
  if (text.size() < 2 || text.size() > 9) return std::nullopt;
  const auto count = base::ParseInteger<int64_t>(text.substr(0, text.size() - 1));
  if (!count.has_value() || *count < 0 || text[0] == '-') return std::nullopt;
  if (text.back() == 'n') return (*count + 999'999) / 1'000'000;
  const int64_t unit_us = UnitUs(text.back());
  if (unit_us == 0) return std::nullopt;
  return (*count * unit_us + 999) / 1000;
}

int64_t BoundGrpcTimeout(std::optional<int64_t> asked_ms, int64_t most_ms, int64_t offset_ms) {
  int64_t limit_ms = asked_ms.value_or(0);
  if (offset_ms < limit_ms) limit_ms -= offset_ms;
  const bool is_over = limit_ms == 0 || limit_ms > most_ms;
  return most_ms > 0 && is_over ? most_ms : limit_ms;
}

void SetGrpcTimeout(int64_t timeout_ms, HeaderMap& fields) {
  char text[24];
  char* const end = text + sizeof text;
  char* at;
  if (timeout_ms <= kMostDigits) {
    at = std::to_chars(text, end, timeout_ms).ptr;
    *at++ = 'm';
  } else {
    at = std::to_chars(text, end, std::min(timeout_ms / 1000, kMostDigits)).ptr;
    *at++ = 'S';
  }
  fields.Set(HeaderId::kGrpcTimeout, std::string_view(text, static_cast<size_t>(at - text)));
}

std::string_view EncodeGrpcMessage(std::string_view message, base::Arena& arena) {
  if (std::all_of(message.begin(), message.end(), IsPlain)) return arena.Copy(message);
  static constexpr char kHex[] = "0123456789ABCDEF";
  char* const begin = arena.AllocateBytes(3 * message.size());
  char* at = begin;
  for (const char c : message) {
    if (IsPlain(c)) {
      *at++ = c;
      continue;
    }
    *at++ = '%';
    *at++ = kHex[static_cast<uint8_t>(c) >> 4];
    *at++ = kHex[static_cast<uint8_t>(c) & 0xf];
  }
  return std::string_view(begin, static_cast<size_t>(at - begin));
}

}  // namespace weir::http
