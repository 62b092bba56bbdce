// Group I of the catalogue of bad inputs, and the heads of group H: what a request must not say in
// HTTP/2, and that nothing of it is heard when it does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include "absl/strings/str_cat.h"
#include "test/http2/frames.h"
#include "test/support/allocation_counter.h"

namespace weir::http2 {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// A request whose pseudo-fields are `pseudo` instead of the usual ones.
Fields Request(const Fields& pseudo, const Fields& more = {}) {
  Fields fields = pseudo;
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

// The usual request with one pseudo-field changed; taken away when `value` is null.
Fields Changed(std::string_view name, const char* value, const Fields& more = {}) {
  Fields fields;
  for (const auto& field : Get()) {
    if (field.first != name) {
      fields.push_back(field);
    } else if (value != nullptr) {
      fields.emplace_back(field.first, value);
    }
  }
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

Fields Bytes(const char* name, std::string value) { return Get({{name, std::move(value)}}); }

// What became of one request: "served", "reset 1", or the status it was answered with.
std::string Verdict(RawPeer& peer, Decoder& decoder, const Fields& fields,
                    bool ends_stream = true) {
  const size_t requests = peer.server.requests.size();
  peer.Head(fields, ends_stream);
  const std::string bytes = peer.server.TakeOutput();
  std::string verdict;
  for (const SentFrame& frame : ParseFrames(bytes)) {
    if (frame.type == NGHTTP2_GOAWAY) verdict = absl::StrCat("goaway ", frame.error_code());
    if (frame.type == NGHTTP2_HEADERS) {
      verdict = ValueOf(decoder.Decode(frame.payload), ":status");
    }
    if (frame.type == NGHTTP2_RST_STREAM && frame.error_code() != NGHTTP2_NO_ERROR) {
      verdict = absl::StrCat("reset ", frame.error_code());
    }
  }
  if (peer.server.requests.size() > requests) return "served";
  return verdict;
}

// Each on the same connection, with a good request behind: only the bad one's stream dies (I30),
// and HPACK's state is that of both sides (H29).
void ExpectEach(const std::vector<std::pair<std::string, Fields>>& cases, std::string_view expected,
                bool ends_stream = true, const Options& options = {}) {
  for (const auto& [what, fields] : cases) {
    SCOPED_TRACE(what);
    RawPeer peer(options);
    Decoder decoder;
    EXPECT_EQ(Verdict(peer, decoder, fields, ends_stream), expected);
    EXPECT_THAT(peer.server.requests, IsEmpty());
    EXPECT_EQ(Verdict(peer, decoder, Get({{"x-after", "1"}})), "served");
    ASSERT_EQ(peer.server.requests.size(), 1u);
    EXPECT_EQ(peer.server.last().fields, "x-after: 1\n");
    EXPECT_FALSE(peer.server.is_done);
  }
}

TEST(HeadCatalogue, I01ControlBytesInAValue) {
  ExpectEach({{"CR", Bytes("x", "a\rb")},
              {"LF", Bytes("x", "a\nb")},
              {"CRLF and a field", Bytes("x", "a\r\ntransfer-encoding: chunked")},
              {"NUL", Bytes("x", std::string("a\0b", 3))},
              {"a control byte", Bytes("x", "a\x01")},
              {"DEL", Bytes("x", "a\x7f")},
              {"CR in a cookie", Bytes("cookie", "a=b\rc")},
              {"LF in user-agent", Bytes("user-agent", "a\nb")}},
             "reset 1");
}

TEST(HeadCatalogue, I02BytesThatAreNoName) {
  std::vector<std::pair<std::string, Fields>> cases;
  for (const char* name : {"x\ry", "x\ny", "x y", "x:y", "x\ty", "x\x01", "x\x80", "x(y", "x/y",
                           "x@y", "x\"y", "x{y", "foo: bar\r\nx"}) {
    cases.emplace_back(name, Get({{name, "1"}}));
  }
  ExpectEach(cases, "reset 1");
}

TEST(HeadCatalogue, I03BytesThatSplitAPseudoField) {
  std::vector<std::pair<std::string, Fields>> cases;
  for (const char* name : {":method", ":path", ":scheme", ":authority"}) {
    for (const char* byte : {"\r", "\n", " ", "\t", "\r\nx: y", "\x01", "\x7f"}) {
      const std::string value = absl::StrCat(name[1] == 'p' ? "/a" : "a", byte, "b");
      cases.emplace_back(absl::StrCat(name, " ", value), Changed(name, value.c_str()));
    }
  }
  for (const auto& [what, fields] : cases) {
    SCOPED_TRACE(what);
    RawPeer peer;
    Decoder decoder;
    EXPECT_THAT(Verdict(peer, decoder, fields), testing::AnyOf("reset 1", "400"));
    EXPECT_THAT(peer.server.requests, IsEmpty());
  }
}

TEST(HeadCatalogue, I04UpperCaseNames) {
  ExpectEach({{"first letter", Get({{"X-a", "1"}})},
              {"last letter", Get({{"x-A", "1"}})},
              {"a well-known one", Get({{"Cookie", "1"}})}},
             "reset 1");
}

TEST(HeadCatalogue, I05PseudoFieldsOutOfPlace) {
  ExpectEach({{"empty name", Get({{"", "1"}})},
              {"a colon only", Get({{":", "1"}})},
              {"unknown", Get({{":unknown", "1"}})},
              {"a response's", Request({{":method", "GET"},
                                        {":scheme", "http"},
                                        {":path", "/"},
                                        {":authority", "a"},
                                        {":status", "200"}})},
              {"two methods", Get({{":method", "GET"}})},
              {"two paths", Get({{":path", "/"}})},
              {"two schemes", Get({{":scheme", "http"}})},
              {"two authorities", Get({{":authority", "a.test"}})},
              {"behind a field", Request({{":method", "GET"}, {":scheme", "http"}},
                                         {{"x", "1"}, {":path", "/"}, {":authority", "a"}})}},
             "reset 1");
}

TEST(HeadCatalogue, I06PseudoFieldsThatAreMissing) {
  ExpectEach({{"no method", Changed(":method", nullptr)},
              {"no scheme", Changed(":scheme", nullptr)},
              {"no path", Changed(":path", nullptr)},
              {"empty path", Changed(":path", "")},
              {"nothing at all", {}}},
             "reset 1");
}

TEST(HeadCatalogue, I07I08FieldsOfAConnection) {
  ExpectEach({{"transfer-encoding", Get({{"transfer-encoding", "chunked"}})},
              {"connection", Get({{"connection", "close"}})},
              {"keep-alive", Get({{"keep-alive", "5"}})},
              {"proxy-connection", Get({{"proxy-connection", "keep-alive"}})},
              {"upgrade", Get({{"upgrade", "websocket"}})}},
             "reset 1");
}

TEST(HeadCatalogue, I09TeSaysTrailersOrNothing) {
  ExpectEach({{"gzip", Get({{"te", "gzip"}})}, {"both", Get({{"te", "trailers, gzip"}})}},
             "reset 1");
  RawPeer peer;
  Decoder decoder;
  EXPECT_EQ(Verdict(peer, decoder, Get({{"te", "trailers"}})), "served");
  EXPECT_EQ(peer.server.last().fields, "te: trailers\n");
}

// Not a byte beyond the declared length is handed on.
TEST(HeadCatalogue, I10MoreDataThanDeclared) {
  RawPeer peer;
  peer.server.answers = false;
  const uint32_t stream = peer.Head(Get({{"content-length", "4"}}), false);
  peer.Send(Frame(NGHTTP2_DATA, 0, stream, "abc"));
  EXPECT_EQ(peer.server.last().body, "abc");
  peer.Send(Frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, stream, "dGET"));
  EXPECT_THAT(peer.Answer(), HasSubstr("RST_STREAM 1(1)"));
  EXPECT_EQ(peer.server.last().body, "abc");
  EXPECT_FALSE(peer.server.last().ended);
  EXPECT_TRUE(peer.server.last().done);
}

TEST(HeadCatalogue, I11LessDataThanDeclared) {
  RawPeer peer;
  peer.server.answers = false;
  const uint32_t stream = peer.Head(Get({{"content-length", "4"}}), false);
  peer.Send(Frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, stream, "abc"));
  EXPECT_THAT(peer.Answer(), HasSubstr("RST_STREAM 1(1)"));
  EXPECT_FALSE(peer.server.last().ended);
  EXPECT_TRUE(peer.server.last().done);
}

TEST(HeadCatalogue, I11TrailersEndABodyThatIsTooShort) {
  RawPeer peer;
  peer.server.answers = false;
  const uint32_t stream = peer.Head(Get({{"content-length", "4"}}), false);
  peer.Send(Frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, stream,
                  peer.encoder.Encode({{"x-sum", "1"}})));
  EXPECT_THAT(peer.Answer(), HasSubstr("RST_STREAM 1(1)"));
  EXPECT_EQ(peer.server.last().trailers, "");
  EXPECT_FALSE(peer.server.last().ended);
}

TEST(HeadCatalogue, I12ALengthAndNoBody) {
  ExpectEach({{"one", Get({{"content-length", "1"}})}}, "reset 1");
}

TEST(HeadCatalogue, I13LengthsThatAreNone) {
  std::vector<std::pair<std::string, Fields>> cases = {
      {"twice", Get({{"content-length", "5"}, {"content-length", "5"}})},
      {"twice, different", Get({{"content-length", "5"}, {"content-length", "6"}})}};
  for (const char* value : {"",
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
                            "5, 5",
                            "5, 6",
                            "000000000000000000005",
                            "9223372036854775808",
                            "18446744073709551615",
                            "18446744073709551616",
                            "18446744073709551617",
                            "\xef\xbc\x95",
                            "5\v",
                            " 5"}) {
    cases.emplace_back(value, Get({{"content-length", value}}));
  }
  ExpectEach(cases, "reset 1", false);
}

TEST(HeadCatalogue, I13LeadingZerosAreForgotten) {
  RawPeer peer;
  peer.server.answers = false;
  peer.Head(Get({{"content-length", "005"}}), false);
  EXPECT_EQ(peer.server.last().content_length, 5);
  EXPECT_EQ(peer.server.last().fields, "");
}

TEST(HeadCatalogue, I15I16AuthorityAndHost) {
  ExpectEach({{"they differ", Get({{"host", "b.test"}})},
              {"two hosts", Changed(":authority", nullptr, {{"host", "a"}, {"host", "a"}})},
              {"the same twice", Get({{"host", "a.test"}, {"host", "a.test"}})}},
             "reset 1");
  RawPeer peer;
  Decoder decoder;
  EXPECT_EQ(Verdict(peer, decoder, Changed(":authority", nullptr, {{"host", "B.Test"}})), "served");
  EXPECT_EQ(peer.server.last().authority, "b.test");
  EXPECT_EQ(peer.server.last().fields, "");
  EXPECT_EQ(Verdict(peer, decoder, Get({{"host", "A.test"}})), "served");
  EXPECT_EQ(peer.server.last().authority, "a.test");
  EXPECT_THAT(Verdict(peer, decoder, Changed(":authority", nullptr)),
              testing::AnyOf("400", "reset 1"));
  EXPECT_EQ(peer.server.requests.size(), 2u);
}

TEST(HeadCatalogue, I17AuthoritiesThatAreNone) {
  std::vector<std::pair<std::string, Fields>> cases;
  for (const char* value : {"user@a", "a b", "a/b", "a,b", "a?x", "a#x", "a\\b", "a:99999",
                            "a:80:80", "a:x", "[::1", ".", ""}) {
    cases.emplace_back(value, Changed(":authority", value));
  }
  for (const auto& [what, fields] : cases) {
    SCOPED_TRACE(what);
    RawPeer peer;
    Decoder decoder;
    EXPECT_THAT(Verdict(peer, decoder, fields), testing::AnyOf("400", "reset 1"));
  }
}

TEST(HeadCatalogue, I18SchemesThatAreNotOurs) {
  for (const char* value : {"http://x/?", "javascript", "https", "", "ftp", "http "}) {
    SCOPED_TRACE(value);
    RawPeer peer;
    Decoder decoder;
    EXPECT_THAT(Verdict(peer, decoder, Changed(":scheme", value)),
                testing::AnyOf("400", "reset 1"));
  }
  Options options;
  options.is_secure = true;
  RawPeer peer(options);
  Decoder decoder;
  EXPECT_EQ(Verdict(peer, decoder, Changed(":scheme", "https")), "served");
  EXPECT_EQ(peer.server.last().scheme, "https");
  EXPECT_THAT(Verdict(peer, decoder, Get()), testing::AnyOf("400", "reset 1"));
}

TEST(HeadCatalogue, I19PathsThatAreNone) {
  for (const char* value : {"hello", "*", "http://a/", "/a#b", "/\x80", "//a b"}) {
    SCOPED_TRACE(value);
    RawPeer peer;
    Decoder decoder;
    EXPECT_THAT(Verdict(peer, decoder, Changed(":path", value)), testing::AnyOf("400", "reset 1"));
  }
  RawPeer peer;
  Decoder decoder;
  Fields options = Changed(":path", "*");
  options[0].second = "OPTIONS";
  EXPECT_EQ(Verdict(peer, decoder, options), "served");
  EXPECT_EQ(peer.server.last().path, "*");
}

TEST(HeadCatalogue, I20MethodsThatAreNone) {
  ExpectEach({{"a space", Changed(":method", "GET ")},
              {"a request line", Changed(":method", "GET / HTTP/1.1\r\nHost: b\r\n\r\n")},
              {"empty", Changed(":method", "")},
              {"a comma", Changed(":method", "GET,POST")}},
             "reset 1");
}

TEST(HeadCatalogue, I21WhitespaceAroundAValue) {
  ExpectEach({{"before", Bytes("x", " a")},
              {"behind", Bytes("x", "a ")},
              {"a tab before", Bytes("x", "\ta")},
              {"only", Bytes("x", " ")}},
             "reset 1");
}

TEST(HeadCatalogue, I22CookieCrumbsBecomeOne) {
  RawPeer peer;
  Decoder decoder;
  const Fields crumbs = {{"cookie", "a=1"}, {"x", "y"}, {"cookie", "b=2"}, {"cookie", "c=3"}};
  EXPECT_EQ(Verdict(peer, decoder, Get(crumbs)), "served");
  EXPECT_EQ(peer.server.last().fields, "cookie: a=1; b=2; c=3\nx: y\n");
}

TEST(HeadCatalogue, I26ExtendedConnect) {
  const Fields tunnel = {{":method", "CONNECT"},
                         {":protocol", "WebSocket"},
                         {":scheme", "http"},
                         {":path", "/chat"},
                         {":authority", "a.test"}};
  RawPeer peer;
  peer.server.answers = false;
  peer.Head(tunnel, false);
  EXPECT_EQ(peer.server.last().method, "GET");
  EXPECT_EQ(peer.server.last().upgrade, "websocket");
  EXPECT_EQ(peer.server.last().path, "/chat");
  EXPECT_FALSE(peer.server.last().ended);

  Options options;
  options.allow_connect = false;
  ExpectEach({{"switched off", tunnel}}, "reset 1", false, options);
  ExpectEach({{"without CONNECT", Request({{":method", "GET"},
                                           {":protocol", "websocket"},
                                           {":scheme", "http"},
                                           {":path", "/"},
                                           {":authority", "a"}})}},
             "reset 1");
}

TEST(HeadCatalogue, I27ConnectHasAnAuthorityOnly) {
  RawPeer peer;
  peer.server.answers = false;
  peer.Head({{":method", "CONNECT"}, {":authority", "a.test:443"}}, false);
  ASSERT_EQ(peer.server.requests.size(), 1u);
  EXPECT_EQ(peer.server.last().method, "CONNECT");
  EXPECT_EQ(peer.server.last().authority, "a.test:443");
  EXPECT_EQ(peer.server.last().path, "");
}

TEST(HeadCatalogue, I27ConnectWithMore) {
  ExpectEach({{"a path", {{":method", "CONNECT"}, {":authority", "a:1"}, {":path", "/"}}},
              {"a scheme", {{":method", "CONNECT"}, {":authority", "a:1"}, {":scheme", "http"}}},
              {"no authority", {{":method", "CONNECT"}}}},
             "reset 1", false);
}

TEST(HeadCatalogue, I28WhatTrailersMustNotSay) {
  const auto trailers = [](const Fields& fields, SeenRequest& seen, RawPeer& peer) {
    const uint32_t stream = peer.Head(Get(), false);
    peer.Send(Frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, stream,
                    peer.encoder.Encode(fields)));
    seen.trailers = peer.server.last().trailers;
    return peer.Answer();
  };
  SeenRequest seen;
  for (const char* name : {":path", ":status", ":method", "transfer-encoding", "connection"}) {
    SCOPED_TRACE(name);
    RawPeer peer;
    peer.server.answers = false;
    EXPECT_THAT(trailers({{name, "x"}}, seen, peer), HasSubstr("RST_STREAM 1(1)"));
    EXPECT_FALSE(peer.server.last().ended);
  }
  RawPeer peer;
  peer.server.answers = false;
  trailers({{"x-sum", "1"}, {"host", "b"}, {"authorization", "x"}, {"x-forwarded-for", "x"}}, seen,
           peer);
  EXPECT_EQ(seen.trailers, "x-sum: 1\n");
}

TEST(HeadCatalogue, H43H44HeadersInTheMiddle) {
  RawPeer peer;
  peer.server.answers = false;
  const uint32_t stream = peer.Head(Get(), false);
  peer.Send(Frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, stream,
                  peer.encoder.Encode({{"x-sum", "1"}})));
  EXPECT_THAT(peer.Answer(), HasSubstr("RST_STREAM 1(1)"));
  EXPECT_EQ(peer.server.last().trailers, "");
  EXPECT_TRUE(peer.server.last().done);
  peer.Head(Get(), false);
  const uint32_t second = peer.next_stream - 2;
  peer.Send(Frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, second,
                  peer.encoder.Encode(Get())));
  EXPECT_THAT(peer.Answer(), HasSubstr("RST_STREAM 3(1)"));
  EXPECT_EQ(peer.server.requests.size(), 2u);
}

TEST(HeadCatalogue, I32ExpectIsHeardOnlyWhereABodyComes) {
  RawPeer peer;
  peer.server.answers = false;
  peer.Head(Get({{"expect", "100-continue"}}), false);
  EXPECT_TRUE(peer.server.last().expects_continue);
  EXPECT_EQ(peer.server.last().fields, "");
  peer.Head(Get({{"expect", "100-continue"}}), true);
  EXPECT_FALSE(peer.server.last().expects_continue);
  Decoder decoder;
  peer.Answer();
  EXPECT_EQ(Verdict(peer, decoder, Get({{"expect", "something"}})), "417");
}

TEST(HeadCatalogue, UnderscoresByTheirAction) {
  const Fields plain = Get({{"x_y", "1"}});
  const Fields alias = Get({{"x_forwarded_for", "1"}});
  ExpectEach({{"rejected", plain}, {"an alias", alias}}, "reset 1");
  Options options;
  options.underscores = http::UnderscoreAction::kAllow;
  ExpectEach(
      {{"an alias though allowed", alias}, {"content_length", Get({{"content_length", "1"}})}},
      "reset 1", true, options);
  for (const auto action : {http::UnderscoreAction::kAllow, http::UnderscoreAction::kDropHeader}) {
    options.underscores = action;
    RawPeer peer(options);
    Decoder decoder;
    EXPECT_EQ(Verdict(peer, decoder, plain), "served");
    EXPECT_EQ(peer.server.last().fields,
              action == http::UnderscoreAction::kAllow ? "x_y: 1\n" : "");
  }
}

TEST(HeadCatalogue, H25HeadsThatAreTooLarge) {
  Options options;
  options.limits.max_head_bytes = 4096;
  options.limits.max_headers = 20;
  options.limits.max_uri_bytes = 100;
  Fields many;
  for (int i = 0; i < 30; ++i) many.emplace_back(absl::StrCat("x", i), "1");
  const std::string long_path = "/" + std::string(200, 'a');
  ExpectEach({{"a long value", Bytes("x", std::string(5000, 'a'))},
              {"a long name", Get({{std::string(5000, 'a'), "1"}})},
              {"many fields", Get(many)}},
             "431", true, options);
  ExpectEach({{"a long path", Changed(":path", long_path.c_str())}}, "414", true, options);
}

// One field put into the decoder's table, and then a byte for each time it is said again.
std::string Bomb(std::string_view name, std::string_view value, size_t times) {
  const auto literal = [](std::string_view text) {
    std::string size;  // RFC 7541 §5.1, a prefix of seven bits
    size_t left = text.size();
    if (left < 127) return absl::StrCat(std::string(1, static_cast<char>(left)), std::string(text));
    size += static_cast<char>(127);
    for (left -= 127; left >= 128; left /= 128) size += static_cast<char>(left % 128 + 128);
    size += static_cast<char>(left);
    return size + std::string(text);
  };
  return absl::StrCat("\x82\x86\x84\x01\x01", "a", "\x40", literal(name), literal(value),
                      std::string(times, '\xbe'));
}

// CVE-2026-47774: a byte on the wire, a field for us. H26, H27: dropped ones are charged, too.
TEST(HeadCatalogue, H25H27OneByteAField) {
  const Fields bombs = {
      {"x", ""}, {"cookie", "a"}, {"x", std::string(1000, 'v')}, {"trailer", "x"}};
  for (const auto& [name, value] : bombs) {
    SCOPED_TRACE(name + " of " + std::to_string(value.size()));
    RawPeer peer;
    const std::string block = Bomb(name, value, 10'000);
    peer.Send(Frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1, block));
    Decoder decoder;
    EXPECT_THAT(decoder.Heads(peer.server.TakeOutput()), HasSubstr("1: 431"));
    EXPECT_THAT(peer.server.requests, IsEmpty());
    EXPECT_EQ(peer.server.stats.header_overflow.value(), 1u);
  }
}

// The same without an end: what is held for one connection stays small.
TEST(HeadCatalogue, H25ABombTakesLittleMemory) {
  RawPeer peer;
  peer.Send("");
  const test::AllocationCounter counter;
  const std::string block = Bomb("x", std::string(3000, 'v'), 10'000);
  const int64_t of_the_test = counter.peak_bytes();
  for (uint32_t stream = 1; stream < 100; stream += 2) {
    peer.Send(Frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, stream, block));
    peer.server.TakeOutput();
  }
  EXPECT_LT(counter.peak_bytes() - of_the_test, 1024 * 1024);
}

// H46: heads within the limit, and ever more of them on streams that nothing happens on.
TEST(HeadCatalogue, H46HeadsOfManyStreamsTogether) {
  RawPeer peer;
  peer.server.answers = false;
  const Fields large = Get({{"x", std::string(15'000, 'x')}});
  for (int i = 0; i < 100; ++i) peer.Head(large);
  const size_t admitted = peer.server.requests.size();
  EXPECT_GT(admitted, 60u);
  EXPECT_LT(admitted, 70u);
  EXPECT_THAT(peer.Answer(),
              testing::StartsWith(absl::StrCat("RST_STREAM ", 2 * admitted + 1, "(7)")));
  EXPECT_FALSE(peer.server.is_done) << "a refusal is nothing that is held against the peer";
  peer.server.requests[0]->Reply(200, "ok");
  peer.Answer();
  peer.Head(large);
  EXPECT_EQ(peer.Answer(), "");
}

// H07: requests that make us reset them cost the peer what its own resets do.
TEST(HeadCatalogue, H07RefusedHeadsAreBornForAWhile) {
  const std::vector<Fields> refused = {Get({{"connection", "close"}}), Changed(":path", "x"),
                                       Get({{"x_y", "1"}})};
  for (const Fields& fields : refused) {
    RawPeer peer;
    int sent = 0;
    for (; sent < 1000 && !peer.server.is_done; ++sent) peer.Head(fields);
    EXPECT_GT(sent, 90);
    EXPECT_LT(sent, 150);
    EXPECT_THAT(peer.Answer(), HasSubstr("GOAWAY(11)"));
    EXPECT_EQ(peer.server.stats.too_many_resets.value(), 1u);
  }
}

TEST(HeadCatalogue, TrailersThatAreTooLarge) {
  RawPeer peer;
  peer.server.answers = false;
  const uint32_t stream = peer.Head(Get(), false);
  Fields many;
  for (int i = 0; i < 30; ++i) many.emplace_back(absl::StrCat("x", i), "1");
  peer.Send(Frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, stream,
                  peer.encoder.Encode(many)));
  EXPECT_THAT(peer.Answer(), HasSubstr("RST_STREAM 1"));
  EXPECT_TRUE(peer.server.last().done);
  EXPECT_FALSE(peer.server.last().ended);
}

TEST(HeadCatalogue, TrailersAreDroppedWhereTheyAreSwitchedOff) {
  Options options;
  options.allow_trailers = false;
  RawPeer peer(options);
  peer.server.answers = false;
  const uint32_t stream = peer.Head(Get(), false);
  peer.Send(Frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, stream,
                  peer.encoder.Encode({{"x-sum", "1"}})));
  EXPECT_EQ(peer.server.last().trailers, "");
  EXPECT_TRUE(peer.server.last().ended);
}

// H28: an HPACK fault is one of the connection's.
TEST(HeadCatalogue, H28HpackFaults) {
  const struct {
    const char* what;
    std::string block;
  } cases[] = {
      {"index 0", "\x80"},
      {"an index out of range", "\xff\x80\x01"},
      {"a table larger than ours", "\x3f\xe1\x7f\x82"},
      {"a table update in the middle", std::string("\x82\x20\x84\x86", 4)},
      {"an integer without end", std::string("\xff", 1) + std::string(10, '\xff')},
      {"a string behind the end", std::string("\x40\x0aname", 6)},
      {"Huffman padding of eight bits", std::string("\x82\x86\x84\x00\x81\xff\x00", 7)},
      {"EOS in Huffman", std::string("\x82\x86\x84\x00\x84\xff\xff\xff\xff\x00", 10)},
  };
  for (const auto& bad : cases) {
    SCOPED_TRACE(bad.what);
    RawPeer peer;
    peer.Send(
        Frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1, bad.block));
    EXPECT_THAT(peer.Answer(), HasSubstr(absl::StrCat("GOAWAY(", NGHTTP2_COMPRESSION_ERROR, ")")));
    EXPECT_TRUE(peer.server.is_done);
    EXPECT_THAT(peer.server.requests, IsEmpty());
  }
}

}  // namespace
}  // namespace weir::http2
