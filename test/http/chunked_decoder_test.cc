#include "source/http/chunked_decoder.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::http {
namespace {

struct Decoded {
  std::string payload;
  std::string_view fault;
  bool done = false;
  size_t rest = 0;  // bytes behind the last chunk's line
};

Decoded Decode(std::string_view bytes, size_t step, const CodecLimits& limits = {}) {
  ChunkedDecoder decoder;
  decoder.Start();
  Decoded decoded;
  for (size_t at = 0; at < bytes.size(); at += step) {
    std::string_view piece = bytes.substr(at, step);
    while (!piece.empty()) {
      const ChunkedDecoder::Step result = decoder.Decode(piece, limits);
      decoded.payload += result.payload;
      if (result.fault) {
        decoded.fault = result.fault.detail();
        return decoded;
      }
      piece.remove_prefix(result.consumed);
      if (result.reached_trailers) {
        decoded.done = true;
        decoded.rest = static_cast<size_t>(bytes.end() - piece.begin());
        return decoded;
      }
    }
  }
  return decoded;
}

void ExpectPayload(std::string_view bytes, std::string_view payload, size_t rest) {
  for (size_t step = 1; step <= bytes.size(); ++step) {
    const Decoded decoded = Decode(bytes, step);
    EXPECT_EQ(decoded.payload, payload) << bytes;
    EXPECT_EQ(decoded.fault, "") << bytes;
    EXPECT_TRUE(decoded.done) << bytes;
    EXPECT_EQ(decoded.rest, rest) << bytes;
  }
}

void ExpectFault(std::string_view bytes, std::string_view fault, const CodecLimits& limits = {}) {
  for (size_t step : {size_t{1}, size_t{2}, bytes.size()}) {
    const Decoded decoded = Decode(bytes, step, limits);
    EXPECT_EQ(decoded.fault, fault) << bytes;
    EXPECT_FALSE(decoded.done);
  }
}

TEST(ChunkedDecoderTest, Chunks) {
  ExpectPayload("5\r\nhello\r\n0\r\n\r\n", "hello", 2);
  ExpectPayload("a\r\n0123456789\r\n1\r\nx\r\n0\r\nA: b\r\n\r\n", "0123456789x", 8);
  ExpectPayload("A\r\n0123456789\r\n00\r\n\r\n", "0123456789", 2);
  ExpectPayload("0000000000000001\r\nx\r\n0\r\n", "x", 0);
}

TEST(ChunkedDecoderTest, ExtensionsAreDropped) {
  ExpectPayload("1;a=b;c=\"d\"\r\nx\r\n0;a\r\n\r\n", "x", 2);
  ExpectPayload("1;a;b=c;d\r\nx\r\n0\r\n", "x", 0);
  ExpectPayload("1;a=\"\\\"; \\\\\t\x80\"\r\nx\r\n0\r\n", "x", 0);
  ExpectPayload("1;a=\"\"\r\nx\r\n0\r\n", "x", 0);
}

TEST(ChunkedDecoderTest, BadSizes) {
  for (const char* bytes : {"0x5\r\n", "+5\r\n", "-5\r\n", "5_0\r\n", " 5\r\n", "5 \r\n", "\r\n",
                            "5\n", "5\rx", "g\r\n", "\t5\r\n", "00000000000000005\r\n",
                            "8000000000000000\r\n", "ffffffffffffffff\r\n", ";a\r\n"}) {
    ExpectFault(bytes, "http1.invalid_chunk_size");
  }
  ExpectFault(std::string_view("5\0\r\n", 4), "http1.invalid_chunk_size");
}

TEST(ChunkedDecoderTest, BadExtensions) {
  for (const char* bytes : {"5;\r\n", "5;=v\r\n", "5;a=\r\n", "5;a=\"\r\n", "5;a=\"b\r\n",
                            "5;a=\"b\"c\r\n", "5; a\r\n", "5;a =b\r\n", "5;a= b\r\n", "5;a\n",
                            "5;;a\r\n", "5;a=\"\x01\"\r\n", "5;a=\"\\\r\"\r\n", "5;a=\x7f\r\n"}) {
    ExpectFault(bytes, "http1.invalid_chunk_extension");
  }
  ExpectFault("5;a\rb\r\n", "http1.invalid_chunk_size");
  ExpectFault(std::string_view("5;a\0\r\n", 6), "http1.invalid_chunk_extension");
}

TEST(ChunkedDecoderTest, SpilledOrUnterminatedData) {
  for (const char* bytes :
       {"1\r\nABC\r\n", "1\r\nA0\r\n\r\n", "1\r\nA\n", "1\r\nA\r\r", "1\r\nA\rX", "1\r\nAXX"}) {
    ExpectFault(bytes, "http1.invalid_chunk_end");
  }
}

TEST(ChunkedDecoderTest, LineLimit) {
  ExpectPayload("1;a=" + std::string(252, 'b') + "\r\nx\r\n0\r\n", "x", 0);
  ExpectFault("1;a=" + std::string(253, 'b') + "\r\n", "http1.chunk_line_too_long");
  ExpectFault("0000000000000000000000000000000000000000\r\n", "http1.invalid_chunk_size");
}

TEST(ChunkedDecoderTest, OverheadIsBounded) {
  CodecLimits limits;
  limits.max_chunk_overhead_bytes = 100;
  std::string tiny;
  for (int i = 0; i < 100; ++i) tiny += "1\r\nx\r\n";
  ExpectFault(tiny + "0\r\n", "http1.excessive_chunk_overhead", limits);
  std::string fair;
  for (int i = 0; i < 1000; ++i) fair += "5\r\nhello\r\n";
  EXPECT_TRUE(Decode(fair + "0\r\n", 7, limits).done);
}

TEST(ChunkedDecoderTest, HugeChunkIsOnlyANumber) {
  ChunkedDecoder decoder;
  decoder.Start();
  EXPECT_EQ(decoder.Decode("7fffffffffffffff\r\n", {}).consumed, 18u);
  const ChunkedDecoder::Step step = decoder.Decode("abc", {});
  EXPECT_EQ(step.payload, "abc");
  EXPECT_FALSE(step.fault);
}

}  // namespace
}  // namespace weir::http
