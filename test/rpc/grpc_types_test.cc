#include "source/rpc/grpc_types.h"

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>
#include <grpcpp/support/status.h>
#include <gtest/gtest.h>

#include <string>

namespace weir::rpc {
namespace {

TEST(GrpcTypesTest, BytesSurviveTheRoundTrip) {
  for (const std::string& bytes :
       {std::string(), std::string("a\0b", 3), std::string(1 << 20, 'x')}) {
    EXPECT_EQ(ToString(ToByteBuffer(bytes)), bytes);
  }
}

TEST(GrpcTypesTest, SlicesAreJoined) {
  grpc::Slice slices[] = {grpc::Slice("one "), grpc::Slice("two "), grpc::Slice("three")};
  EXPECT_EQ(ToString(grpc::ByteBuffer(slices, 3)), "one two three");
}

TEST(GrpcTypesTest, EveryCodeSurvivesTheRoundTrip) {
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), "why");
    EXPECT_EQ(ToGrpcStatus(status).error_code(), code);
    EXPECT_EQ(ToStatus(ToGrpcStatus(status)), status);
  }
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  EXPECT_TRUE(ToStatus(grpc::Status::OK).ok());
}

TEST(GrpcTypesTest, CodesThatDoNotExistAreUnknown) {
  EXPECT_EQ(ToStatus(grpc::Status(static_cast<grpc::StatusCode>(20), "x")),
            absl::UnknownError("x"));
  EXPECT_EQ(ToStatus(grpc::Status(grpc::StatusCode::DO_NOT_USE, "x")), absl::UnknownError("x"));
}

}  // namespace
}  // namespace weir::rpc
