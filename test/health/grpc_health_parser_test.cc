#include "source/health/grpc_health_parser.h"

#include <gtest/gtest.h>

namespace weir::health {
namespace {

TEST(GrpcHealthParser, EncodesRequests) {
  EXPECT_EQ(EncodeHealthRequest(""), std::string(5, '\0'));
  EXPECT_EQ(EncodeHealthRequest("ab"), std::string("\0\0\0\0\4\x0a\2ab", 9));
  const std::string large = EncodeHealthRequest(std::string(300, 'x'));
  EXPECT_EQ(large.substr(0, 5), std::string("\0\0\0\1\x2f", 5));
}

TEST(GrpcHealthParser, ReadsReplies) {
  EXPECT_EQ(ParseHealthReply(std::string_view("\0\0\0\0\2\x08\1", 7)), kGrpcServing);
  EXPECT_EQ(ParseHealthReply(std::string_view("\0\0\0\0\2\x08\3", 7)), 3);
  EXPECT_EQ(ParseHealthReply(std::string_view("\0\0\0\0\0", 5)), 0);
}

TEST(GrpcHealthParser, RefusesAnythingElse) {
  for (const std::string& bytes :
       {std::string(), std::string(4, '\0'), std::string("\1\0\0\0\2\x08\1", 7),
        std::string("\0\0\0\0\3\x08\1", 7), std::string("\0\0\0\0\1\x08\1", 7),
        std::string("\0\xff\xff\xff\xff\x08\1", 7), std::string("\0\0\0\0\1\x08", 6)}) {
    EXPECT_EQ(ParseHealthReply(bytes), std::nullopt);
  }
}

}  // namespace
}  // namespace weir::health
