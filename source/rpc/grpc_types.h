// Between gRPC's types and ours.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace grpc {
class ByteBuffer;
class Status;
}  // namespace grpc

namespace weir::rpc {

std::string ToString(const grpc::ByteBuffer& buffer);
grpc::ByteBuffer ToByteBuffer(std::string_view bytes);

// Codes have the same numbers on both sides; one that gRPC does not know becomes kUnknown.
absl::Status ToStatus(const grpc::Status& status);
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace weir::rpc
