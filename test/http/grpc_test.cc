#include "source/http/grpc.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::http {
namespace {

TEST(GrpcTest, KnowsItsContentType) {
  for (const char* const type :
       {"application/grpc", "application/grpc+proto", "application/grpc;charset=utf-8"}) {
    EXPECT_TRUE(IsGrpcContentType(type)) << type;
  }
  for (const char* const type :
       {"", "application/grp", "application/grpc-web", "application/grpcx", "text/grpc"}) {
    EXPECT_FALSE(IsGrpcContentType(type)) << type;
  }
}

TEST(GrpcTest, StatusesOfHttp) {
  EXPECT_EQ(GrpcStatusOfHttp(400), GrpcStatus::kInternal);
  EXPECT_EQ(GrpcStatusOfHttp(401), GrpcStatus::kUnauthenticated);
  EXPECT_EQ(GrpcStatusOfHttp(403), GrpcStatus::kPermissionDenied);
  EXPECT_EQ(GrpcStatusOfHttp(404), GrpcStatus::kUnimplemented);
  for (const int status : {429, 502, 503, 504}) {
    EXPECT_EQ(GrpcStatusOfHttp(status), GrpcStatus::kUnavailable) << status;
  }
  EXPECT_EQ(GrpcStatusOfHttp(500), GrpcStatus::kUnknown);
  EXPECT_EQ(GrpcStatusOfHttp(200), GrpcStatus::kUnknown) << "whether it went well, nobody said";
  EXPECT_EQ(HttpStatusOfGrpc(GrpcStatus::kOk), 200);
  EXPECT_EQ(HttpStatusOfGrpc(GrpcStatus::kUnauthenticated), 401);
}

class GrpcFieldsTest : public testing::Test {
 protected:
  std::optional<int64_t> TimeoutOf(std::string_view text) {
    HeaderMap fields(arena_);
    fields.Add(HeaderId::kGrpcTimeout, text);
    return GrpcTimeoutMs(fields);
  }
  std::optional<GrpcStatus> StatusOf(std::string_view text) {
    HeaderMap fields(arena_);
    fields.Add(HeaderId::kGrpcStatus, text);
    return FindGrpcStatus(fields);
  }
  std::string SetTimeout(int64_t timeout_ms) {
    HeaderMap fields(arena_);
    SetGrpcTimeout(timeout_ms, fields);
    return std::string(fields.Value(HeaderId::kGrpcTimeout));
  }

  base::Arena arena_;
};

// J04.
TEST_F(GrpcFieldsTest, ReadsStatus) {
  EXPECT_EQ(StatusOf("0"), GrpcStatus::kOk);
  EXPECT_EQ(StatusOf("16"), GrpcStatus::kUnauthenticated);
  for (const char* const odd : {"17", "-1", "abc", "", "99999999999999999999"}) {
    EXPECT_EQ(StatusOf(odd), GrpcStatus::kUnknown) << odd;
  }
  EXPECT_EQ(FindGrpcStatus(HeaderMap(arena_)), std::nullopt);
  EXPECT_EQ(GrpcStatusNumber(GrpcStatus::kUnavailable), "14");
  EXPECT_EQ(GrpcStatusCamelName(GrpcStatus::kDeadlineExceeded), "DeadlineExceeded");
  EXPECT_EQ(GrpcStatusSnakeName(GrpcStatus::kUnauthenticated), "UNAUTHENTICATED");
}

// J02.
TEST_F(GrpcFieldsTest, ReadsTimeouts) {
  EXPECT_EQ(TimeoutOf("1n"), 1);
  EXPECT_EQ(TimeoutOf("1500u"), 2);
  EXPECT_EQ(TimeoutOf("250m"), 250);
  EXPECT_EQ(TimeoutOf("2S"), 2000);
  EXPECT_EQ(TimeoutOf("3M"), 180'000);
  EXPECT_EQ(TimeoutOf("99999999H"), 359'999'996'400'000);
  EXPECT_EQ(TimeoutOf("0m"), 0);
  for (const char* const bad : {"", "1", "m", "-1S", "1x", "123456789m", "1 S", "+1S", "1.5S"}) {
    EXPECT_EQ(TimeoutOf(bad), std::nullopt) << bad;
  }
}

TEST(GrpcTest, BoundsTimeouts) {
  EXPECT_EQ(BoundGrpcTimeout(500, 0, 0), 500);
  EXPECT_EQ(BoundGrpcTimeout(500, 200, 0), 200);
  EXPECT_EQ(BoundGrpcTimeout(500, 0, 100), 400);
  EXPECT_EQ(BoundGrpcTimeout(100, 0, 100), 100);  // nothing would be left
  EXPECT_EQ(BoundGrpcTimeout(std::nullopt, 200, 100), 200);
  EXPECT_EQ(BoundGrpcTimeout(std::nullopt, 0, 0), 0);
}

TEST_F(GrpcFieldsTest, WritesTimeoutsOfEightDigits) {
  EXPECT_EQ(SetTimeout(250), "250m");
  EXPECT_EQ(SetTimeout(99'999'999), "99999999m");
  EXPECT_EQ(SetTimeout(100'000'000), "100000S");
  EXPECT_EQ(SetTimeout(INT64_MAX), "99999999S");
}

TEST_F(GrpcFieldsTest, MessagesBecomePrintable) {
  EXPECT_EQ(EncodeGrpcMessage("plain text", arena_), "plain text");
  EXPECT_EQ(EncodeGrpcMessage("100%\n\xc3\xa9", arena_), "100%25%0A%C3%A9");
}

}  // namespace
}  // namespace weir::http
