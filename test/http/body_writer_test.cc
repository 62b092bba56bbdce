#include "source/http/body_writer.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::http {
namespace {

using Kind = BodyFraming::Kind;

class BodyWriterTest : public ::testing::Test {
 protected:
  bool Write(std::string_view bytes, bool ends_stream) {
    base::Buffer body;
    body.Append(bytes);
    const bool fits = writer_.Write(body, ends_stream, output_);
    EXPECT_TRUE(body.empty());
    return fits;
  }

  BodyWriter writer_;
  base::Buffer output_;
};

TEST_F(BodyWriterTest, Chunks) {
  writer_.Start({Kind::kChunked, -1, {}});
  EXPECT_TRUE(Write("hello", false));
  EXPECT_TRUE(Write("", false));
  EXPECT_TRUE(Write(std::string(0x1a2b, 'x'), false));
  EXPECT_TRUE(Write("!", true));
  EXPECT_EQ(output_.ToString(),
            "5\r\nhello\r\n1a2b\r\n" + std::string(0x1a2b, 'x') + "\r\n1\r\n!\r\n0\r\n\r\n");
}

TEST_F(BodyWriterTest, Trailers) {
  base::Arena arena;
  HeaderMap trailers(arena);
  trailers.Add("grpc-status", "0");
  trailers.Add("content-length", "5");
  trailers.Add("x-bad", "a\r\nb: c");
  trailers.Add("x bad", "a");
  trailers.Add("x-a", "b");
  writer_.Start({Kind::kChunked, -1, {}});
  EXPECT_TRUE(writer_.WriteTrailers(&trailers, output_));
  EXPECT_EQ(output_.ToString(), "0\r\ngrpc-status: 0\r\nx-a: b\r\n\r\n");
}

TEST_F(BodyWriterTest, DeclaredLengthIsKept) {
  writer_.Start({Kind::kLength, 5, {}});
  EXPECT_TRUE(Write("he", false));
  EXPECT_TRUE(Write("llo", true));
  EXPECT_EQ(output_.ToString(), "hello");

  writer_.Start({Kind::kLength, 2, {}});
  EXPECT_FALSE(Write("abc", false));
  EXPECT_EQ(output_.ToString(), "hello");  // not one byte of it

  writer_.Start({Kind::kLength, 2, {}});
  EXPECT_FALSE(Write("a", true));
  writer_.Start({Kind::kLength, 2, {}});
  EXPECT_FALSE(writer_.WriteTrailers(nullptr, output_));
  EXPECT_EQ(output_.ToString(), "helloa");
}

TEST_F(BodyWriterTest, NoBodyMeansNone) {
  writer_.Start({Kind::kNone, 5, {}});
  EXPECT_TRUE(Write("hello", true));
  EXPECT_TRUE(output_.empty());
}

TEST_F(BodyWriterTest, UntilClose) {
  writer_.Start({Kind::kUntilClose, -1, {}});
  EXPECT_TRUE(Write("abc", false));
  EXPECT_TRUE(Write("def", true));
  EXPECT_TRUE(writer_.WriteTrailers(nullptr, output_));
  EXPECT_EQ(output_.ToString(), "abcdef");
}

}  // namespace
}  // namespace weir::http
