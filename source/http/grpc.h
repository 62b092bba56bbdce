// What gRPC (its "over HTTP/2" protocol) says in heads and trailers: which messages are its own,
// its status codes and how they go with those of HTTP, its timeouts and messages. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "source/base/arena.h"
#include "source/http/message.h"

namespace weir::http {

enum class GrpcStatus : uint8_t {
  kOk,
  kCanceled,
  kUnknown,
  kInvalidArgument,
  kDeadlineExceeded,
  kNotFound,
  kAlreadyExists,
  kPermissionDenied,
  kResourceExhausted,
  kFailedPrecondition,
  kAborted,
  kOutOfRange,
  kUnimplemented,
  kInternal,
  kUnavailable,
  kDataLoss,
  kUnauthenticated,
};
inline constexpr uint32_t kGrpcStatusCount = 17;

// "application/grpc", with "+proto" and the like or a parameter behind it; not grpc-web.
bool IsGrpcContentType(std::string_view content_type);
bool IsGrpc(const RequestHead& head);
bool IsGrpc(const ResponseHead& head);

// A status without grpc-status, and back (for statistics). 200 alone says nothing: kUnknown.
GrpcStatus GrpcStatusOfHttp(int status);
int HttpStatusOfGrpc(GrpcStatus status);
// grpc-status of headers or trailers. kUnknown for what is no code of gRPC's; none when it is not
// there.
std::optional<GrpcStatus> FindGrpcStatus(const HeaderMap& fields);
// "14"; static text.
std::string_view GrpcStatusNumber(GrpcStatus status);
// "DeadlineExceeded", "DEADLINE_EXCEEDED".
std::string_view GrpcStatusCamelName(GrpcStatus status);
std::string_view GrpcStatusSnakeName(GrpcStatus status);

// grpc-timeout in milliseconds, rounded up: 1 to 8 digits and a unit. None when it is not there or
// malformed.
std::optional<int64_t> GrpcTimeoutMs(const HeaderMap& fields);
// The limit that a proxy keeps: `asked_ms` less `offset_ms` (unless nothing would be left of it),
// at most `most_ms`. 0 means no limit, for all of them; so does none.
int64_t BoundGrpcTimeout(std::optional<int64_t> asked_ms, int64_t most_ms, int64_t offset_ms);
// Sets grpc-timeout.
void SetGrpcTimeout(int64_t timeout_ms, HeaderMap& fields);

// For grpc-message: bytes other than printable ASCII, and '%', are percent-encoded.
std::string_view EncodeGrpcMessage(std::string_view message, base::Arena& arena);

}  // namespace weir::http
