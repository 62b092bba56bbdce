#include "source/http/body_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "test/http/codec_harness.h"

namespace weir::http {
namespace {

using Kind = BodyFraming::Kind;
using Result = BodyReader::Result;

struct Read {
  Result result = Result::kMore;
  std::string payload, trailers, rest;
  std::string_view fault;
};

// Reads `bytes` shown in steps, keeping what is left as a connection does.
Read ReadAll(const BodyFraming& framing, const std::string& bytes, size_t step,
             bool keeps_trailers = true) {
  base::Arena arena;
  HeaderMap trailers(arena);
  base::Buffer payload;
  BodyReader reader;
  reader.Start(framing);
  Read read;
  std::string unread;
  for (size_t at = 0; at < bytes.size() && read.result == Result::kMore; at += step) {
    unread += bytes.substr(at, step);
    for (size_t consumed = 1; consumed > 0 && read.result == Result::kMore;) {
      read.result =
          reader.Read(unread, consumed, payload, {}, keeps_trailers ? &trailers : nullptr);
      if (read.result != Result::kFault) unread.erase(0, consumed);
    }
  }
  read.payload = payload.ToString();
  read.trailers = FieldsToString(trailers);
  read.rest = unread;
  if (read.result == Result::kFault) read.fault = reader.fault().detail();
  return read;
}

TEST(BodyReaderTest, ContentLength) {
  for (size_t step : {1, 2, 100}) {
    const Read read = ReadAll({Kind::kLength, 5, {}}, "helloNEXT", step);
    EXPECT_EQ(read.result, Result::kDone);
    EXPECT_EQ(read.payload, "hello");
    EXPECT_TRUE(std::string_view("NEXT").starts_with(read.rest));
  }
  EXPECT_EQ(ReadAll({Kind::kLength, 5, {}}, "hell", 1).result, Result::kMore);
}

TEST(BodyReaderTest, TellsWhatIsLeft) {
  BodyReader reader;
  reader.Start({Kind::kLength, 5, {}});
  base::Buffer payload;
  size_t consumed = 0;
  EXPECT_EQ(reader.left(), 5u);
  reader.Read("he", consumed, payload, {}, nullptr);
  EXPECT_EQ(reader.left(), 3u);
  reader.Start({Kind::kChunked, -1, {}});
  EXPECT_EQ(reader.left(), 0u);
}

TEST(BodyReaderTest, UntilClose) {
  const Read read = ReadAll({Kind::kUntilClose, -1, {}}, "anything\r\n0\r\n\r\n", 3);
  EXPECT_EQ(read.result, Result::kMore);
  EXPECT_EQ(read.payload, "anything\r\n0\r\n\r\n");
}

TEST(BodyReaderTest, ChunksAndTrailers) {
  const std::string bytes =
      "5\r\nhello\r\n0\r\nGrpc-Status: 0\r\nContent-Length: 3\r\nX_y: 1\r\nx-sum: a \r\n\r\n";
  for (size_t step = 1; step <= bytes.size(); ++step) {
    const Read read = ReadAll({Kind::kChunked, -1, {}}, bytes, step);
    EXPECT_EQ(read.result, Result::kDone) << step;
    EXPECT_EQ(read.payload, "hello");
    EXPECT_EQ(read.trailers, "grpc-status: 0\r\nx-sum: a\r\n");
    EXPECT_EQ(read.rest, "");
    EXPECT_EQ(ReadAll({Kind::kChunked, -1, {}}, bytes, step, false).trailers, "");
  }
  EXPECT_EQ(ReadAll({Kind::kChunked, -1, {}}, "0\r\n\r\nGET", 100).rest, "GET");
}

TEST(BodyReaderTest, BadTrailers) {
  for (const char* trailers : {"a: b\n\r\n", "a\r\n\r\n", " a: b\r\n\r\n", "a: b\r\n c\r\n\r\n",
                               "a : b\r\n\r\n", ": b\r\n\r\n", "a: \x01\r\n\r\n"}) {
    for (bool keeps : {true, false}) {
      EXPECT_EQ(ReadAll({Kind::kChunked, -1, {}}, std::string("0\r\n") + trailers, 1, keeps).fault,
                "http1.invalid_trailers")
          << trailers;
    }
  }
  std::string many = "0\r\n";
  for (int i = 0; i < 21; ++i) many += "a: b\r\n";
  EXPECT_EQ(ReadAll({Kind::kChunked, -1, {}}, many, 1).fault, "http1.trailers_too_large");
  EXPECT_EQ(ReadAll({Kind::kChunked, -1, {}}, "0\r\na: " + std::string(9000, 'b'), 500).fault,
            "http1.trailers_too_large");
}

}  // namespace
}  // namespace weir::http
