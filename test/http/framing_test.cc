#include "source/http/framing.h"

#include <gtest/gtest.h>

#include <limits>

#include "source/base/strings.h"

namespace weir::http {
namespace {

using Kind = BodyFraming::Kind;

std::string ToString(const BodyFraming& framing) {
  switch (framing.kind) {
    case Kind::kNone:
      return framing.length < 0 ? "none" : base::StrCat("none of ", framing.length);
    case Kind::kLength:
      return base::StrCat(framing.length);
    case Kind::kChunked:
      return "chunked";
    case Kind::kUntilClose:
      return "close";
    case Kind::kError:
      return base::StrCat(framing.fault.status(), " ", framing.fault.detail());
  }
  return "?";
}

FramingFields Length(std::string_view value, uint32_t count = 1) { return {count, 0, value, {}}; }
FramingFields Coding(std::string_view value, uint32_t count = 1) { return {0, count, {}, value}; }

std::string Request(const FramingFields& fields, Version version = Version::kHttp11) {
  return ToString(FrameReceivedRequest(fields, version));
}
std::string Response(const FramingFields& fields, int status = 200, Method method = Method::kGet,
                     Version version = Version::kHttp11) {
  return ToString(FrameReceivedResponse(fields, version, method, status));
}

TEST(FramingTest, ContentLengthIsDigits) {
  EXPECT_EQ(ParseContentLength("0"), 0);
  EXPECT_EQ(ParseContentLength("005"), 5);
  EXPECT_EQ(ParseContentLength("9223372036854775807"), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(ParseContentLength("00000000000000000005"), 5);
  for (const char* bad : {"",
                          " ",
                          "+5",
                          "-5",
                          "-0",
                          "0x5",
                          "5 5",
                          "5a",
                          "a5",
                          "5;x=y",
                          "5.0",
                          "5_0",
                          "5,5",
                          "000000000000000000005",
                          "9223372036854775808",
                          "18446744073709551615",
                          "18446744073709551616",
                          "18446744073709551617",
                          "99999999999999999999",
                          "\xef\xbc\x95",
                          "\x0b"
                          "5"}) {
    EXPECT_EQ(ParseContentLength(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(ParseContentLength(std::string_view("5\0", 2)), std::nullopt);
}

TEST(FramingTest, Requests) {
  EXPECT_EQ(Request({}), "none");
  EXPECT_EQ(Request(Length("0")), "0");
  EXPECT_EQ(Request(Length("12")), "12");
  EXPECT_EQ(Request(Length("12", 2)), "400 http1.duplicate_content_length");
  EXPECT_EQ(Request(Length("1,2")), "400 http1.invalid_content_length");
  EXPECT_EQ(Request(Coding("chunked")), "chunked");
  EXPECT_EQ(Request(Coding("CHUNKED")), "chunked");
  EXPECT_EQ(Request(Coding("chunked", 2)), "400 http1.invalid_transfer_encoding");
  EXPECT_EQ(Request(Coding("chunked"), Version::kHttp10),
            "400 http1.transfer_encoding_not_allowed");
  EXPECT_EQ(Request({1, 1, "5", "chunked"}), "400 http1.content_length_and_chunked_not_allowed");
}

TEST(FramingTest, CodingsThatAreNotChunked) {
  for (const char* unknown : {"gzip", "xchunked", "identity", "gzip, chunked", "gzip,deflate"}) {
    EXPECT_EQ(Request(Coding(unknown)), "501 http1.unknown_transfer_coding") << unknown;
  }
  for (const char* bad : {"", ",", ",chunked", "chunked,", "chunked, chunked", "chunked, gzip",
                          "chunked;a=b", "\"chunked\"", "chun ked", ", ,chunked",
                          "\xa0"
                          "chunked"}) {
    EXPECT_EQ(Request(Coding(bad)), "400 http1.invalid_transfer_encoding") << bad;
  }
  EXPECT_EQ(ToString(FrameReceivedRequest({0, 1, {}, {}}, Version::kHttp11)),
            "400 http1.invalid_transfer_encoding");
}

TEST(FramingTest, Responses) {
  EXPECT_EQ(Response({}), "close");
  EXPECT_EQ(Response(Length("3")), "3");
  EXPECT_EQ(Response(Coding("chunked")), "chunked");
  EXPECT_EQ(Response(Length("3"), 200, Method::kHead), "none of 3");
  EXPECT_EQ(Response({}, 200, Method::kHead), "none");
  EXPECT_EQ(Response(Coding("chunked"), 200, Method::kHead), "none");
  EXPECT_EQ(Response(Length("3"), 304), "none of 3");
  EXPECT_EQ(Response(Length("3"), 204), "none");
  EXPECT_EQ(Response(Length("3"), 103), "none");
  EXPECT_EQ(Response({}, 205), "close");
  EXPECT_EQ(Response(Length("3", 2), 204), "400 http1.duplicate_content_length");
  EXPECT_EQ(Response({1, 1, "5", "chunked"}), "400 http1.content_length_and_chunked_not_allowed");
  EXPECT_EQ(Response(Coding("chunked"), 200, Method::kGet, Version::kHttp10),
            "400 http1.transfer_encoding_not_allowed");
}

TEST(FramingTest, TunnelsIgnoreFraming) {
  EXPECT_EQ(Response({1, 1, "5", "chunked"}, 200, Method::kConnect), "close");
  EXPECT_EQ(Response(Length("5"), 101), "close");
  EXPECT_EQ(Response(Length("5"), 403, Method::kConnect), "5");
}

TEST(FramingTest, SentRequests) {
  base::Arena arena;
  RequestHead head(arena);
  const auto framed = [&head](Method method, int64_t length, bool ends_stream) {
    head.method = method;
    head.content_length = length;
    return ToString(FrameSentRequest(head, ends_stream));
  };
  EXPECT_EQ(framed(Method::kGet, 0, true), "none");
  EXPECT_EQ(framed(Method::kPost, 0, true), "0");
  EXPECT_EQ(framed(Method::kPost, 5, false), "5");
  EXPECT_EQ(framed(Method::kGet, 5, false), "5");
  EXPECT_EQ(framed(Method::kPost, -1, false), "chunked");
  EXPECT_EQ(framed(Method::kGet, 0, false), "none");
  EXPECT_EQ(framed(Method::kConnect, 0, false), "close");
  head.upgrade = "websocket";
  EXPECT_EQ(framed(Method::kGet, 0, false), "close");
}

TEST(FramingTest, SentResponses) {
  base::Arena arena;
  ResponseHead head(arena);
  const auto framed = [&head](int status, int64_t length, bool ends_stream,
                              Method method = Method::kGet, Version version = Version::kHttp11) {
    head.status = status;
    head.content_length = length;
    return ToString(FrameSentResponse(head, method, version, ends_stream));
  };
  EXPECT_EQ(framed(200, 5, false), "5");
  EXPECT_EQ(framed(200, -1, false), "chunked");
  EXPECT_EQ(framed(200, -1, false, Method::kGet, Version::kHttp10), "close");
  EXPECT_EQ(framed(200, -1, true), "0");
  EXPECT_EQ(framed(205, -1, true), "0");
  EXPECT_EQ(framed(204, 5, true), "none");
  EXPECT_EQ(framed(304, 5, true), "none of 5");
  EXPECT_EQ(framed(200, 5, true, Method::kHead), "none of 5");
  EXPECT_EQ(framed(200, -1, true, Method::kHead), "none");
  EXPECT_EQ(framed(101, -1, false), "close");
  EXPECT_EQ(framed(200, 0, false, Method::kConnect), "close");
  EXPECT_EQ(framed(403, -1, true, Method::kConnect), "0");
}

}  // namespace
}  // namespace weir::http
