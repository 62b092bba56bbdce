// Group I of the catalogue of bad inputs, and the header bombs of group H: heads that are no
// request, what becomes of them, and that the connection outlives them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include "absl/strings/str_cat.h"
#include "test/http2/harness.h"

namespace weir::http2 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

// A GET with one pseudo-field changed, or left out.
Fields With(const std::string& name, const std::string& value) {
  Fields fields = Get();
  for (auto& [key, text] : fields) {
    if (key == name) text = value;
  }
  return fields;
}
Fields Without(const std::string& name) {
  Fields fields = Get();
  std::erase_if(fields, [&](const auto& field) { return field.first == name; });
  return fields;
}
Fields Joined(Fields fields, const Fields& more) {
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

void ExpectServes(RawPeer& peer) {
  peer.Answer();
  peer.Head(Get());
  EXPECT_THAT(peer.Answer(), StartsWith("HEADERS"));
}

TEST(BadHeads, AreResetAndTheConnectionGoesOn) {
  using namespace std::string_literals;
  const struct {
    const char* what;
    Fields fields;
  } cases[] = {
      {"CR LF in a value", Get({{"x", "a\r\nb: c"}})},
      {"NUL in a value", Get({{"x", "a\0b"s}})},
      {"LF in a name", Get({{"a\nb", "c"}})},
      {"space in a name", Get({{"a b", "c"}})},
      {"colon in a name", Get({{"a:b", "c"}})},
      {"upper case name", Get({{"Accept", "c"}})},
      {"empty name", Get({{"", "c"}})},
      {"unknown pseudo-field", Joined({{":foo", "x"}}, Get())},
      {":status in a request", Joined({{":status", "200"}}, Get())},
      {"a pseudo-field twice", Joined({{":path", "/"}}, Get())},
      {"a pseudo-field behind a field", Joined({{"a", "b"}}, Get())},
      {"CR LF in :path", With(":path", "/ HTTP/1.1\r\nx: y")},
      {"space in :path", With(":path", "/a b")},
      {"tab in :path", With(":path", "/a\tb")},
      {"fragment in :path", With(":path", "/a#b")},
      {":path without a slash", With(":path", "hello")},
      {":path of an absolute form", With(":path", "http://a.test/")},
      {":path is * with GET", With(":path", "*")},
      {"empty :path", With(":path", "")},
      {"space in :method", With(":method", "GET /")},
      {"CR LF in :method", With(":method", "GET / HTTP/1.1\r\n")},
      {"another :scheme", With(":scheme", "javascript")},
      {":scheme with a host", With(":scheme", "http://x/?")},
      {":scheme of the other transport", With(":scheme", "https")},
      {"userinfo in :authority", With(":authority", "u@a.test")},
      {"space in :authority", With(":authority", "a .test")},
      {"path in :authority", With(":authority", "a.test/x")},
      {"comma in :authority", With(":authority", "a.test,b.test")},
      {"no :method", Without(":method")},
      {"no :scheme", Without(":scheme")},
      {"no :path", Without(":path")},
      {"no authority at all", Without(":authority")},
      {"host of another", Get({{"host", "b.test"}})},
      {"transfer-encoding", Get({{"transfer-encoding", "chunked"}})},
      {"connection", Get({{"connection", "close"}})},
      {"keep-alive", Get({{"keep-alive", "1"}})},
      {"proxy-connection", Get({{"proxy-connection", "x"}})},
      {"upgrade", Get({{"upgrade", "h2c"}})},
      {"te other than trailers", Get({{"te", "gzip"}})},
      {"content-length and no body", Get({{"content-length", "5"}})},
      {"content-length twice", Get({{"content-length", "0"}, {"content-length", "0"}})},
      {"content-length with a sign", Get({{"content-length", "+0"}})},
      {"content-length of words", Get({{"content-length", "0x0"}})},
      {"content-length of 2^64", Get({{"content-length", "18446744073709551616"}})},
      {"blanks around a value", Get({{"x", " a "}})},
      {":protocol without CONNECT", Joined({{":protocol", "websocket"}}, Get())},
      {"CONNECT with :path", With(":method", "CONNECT")},
      {"underscore", Get({{"a_b", "c"}})},
      {"underscore alias", Get({{"content_length", "5"}})},
  };
  for (const auto& bad : cases) {
    SCOPED_TRACE(bad.what);
    RawPeer peer;
    peer.Head(bad.fields);
    EXPECT_EQ(peer.Answer(), "RST_STREAM 1(1)");
    EXPECT_THAT(peer.server.requests, IsEmpty());
    EXPECT_THAT(peer.server.refused, SizeIs(1));
    EXPECT_FALSE(peer.server.connection->has_streams());
    ExpectServes(peer);
  }
}

TEST(BadHeads, ABodyOfAnotherLengthThanDeclaredIsNotPassedOn) {
  for (const std::string body : {"abc", "abcdefghi"}) {
    RawPeer peer;
    peer.server.answers = false;
    const uint32_t stream = peer.Head(Get({{"content-length", "5"}}), false);
    peer.Send(Frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, stream, body));
    EXPECT_EQ(peer.Answer(), "RST_STREAM 1(1)");
    EXPECT_FALSE(peer.server.last().ended);
    EXPECT_LE(peer.server.last().body.size(), 5u);
    peer.server.answers = true;
    ExpectServes(peer);
  }
}

TEST(BadHeads, TooLargeIs431) {
  RawPeer peer;
  peer.Head(Get({{"x", std::string(15'000, 'x')}}));
  EXPECT_THAT(peer.server.refused, IsEmpty());
  Options options;
  options.limits.max_head_bytes = 1000;
  RawPeer strict(options);
  strict.Head(Get({{"x", std::string(1000, 'x')}}));
  EXPECT_THAT(strict.server.refused, ElementsAre("431 http2.headers_too_large"));
  EXPECT_EQ(strict.Answer(), "HEADERS 1+end");
  ExpectServes(strict);
}

// CVE-2026-47774: one byte each on the wire, from the table, and every one of them charged.
TEST(BadHeads, ReferencesToTheTableAreCharged) {
  RawPeer peer;
  peer.Head(Get({{"cookie", std::string(100, 'c')}}));
  peer.Answer();
  Fields crumbs = Get();
  for (int i = 0; i < 5000; ++i) crumbs.emplace_back("cookie", std::string(100, 'c'));
  peer.Head(crumbs);
  EXPECT_THAT(peer.server.refused, ElementsAre("431 http2.too_many_headers"));
  EXPECT_EQ(peer.server.requests.size(), 1u);
  ExpectServes(peer);
}

TEST(BadHeads, FieldsThatAreDroppedAreChargedToo) {
  RawPeer peer;
  Fields fields = Get();
  for (int i = 0; i < 200; ++i) fields.emplace_back("host", "a.test");
  peer.Head(fields);
  EXPECT_FALSE(peer.server.refused.empty());
  EXPECT_THAT(peer.server.requests, IsEmpty());
}

TEST(BadHeads, ALongPathIs414) {
  Options options;
  options.limits.max_uri_bytes = 100;
  RawPeer peer(options);
  peer.Head(With(":path", absl::StrCat("/", std::string(100, 'a'))));
  EXPECT_THAT(peer.server.refused, ElementsAre("414 http2.uri_too_long"));
  EXPECT_EQ(peer.Answer(), "HEADERS 1+end");
}

TEST(BadHeads, AnotherExpectationIs417) {
  RawPeer peer;
  peer.Head(Get({{"expect", "magic"}}));
  EXPECT_THAT(peer.server.refused, ElementsAre("417 http2.expectation_failed"));
}

TEST(GoodHeads, AreMadeCanonical) {
  RawPeer peer;
  peer.Head(Joined(With(":authority", "A.Test:80"), {{"host", "a.test:80"},
                                                     {"cookie", "a=1"},
                                                     {"x", "y"},
                                                     {"cookie", "b=2"},
                                                     {"te", "trailers"}}));
  ASSERT_THAT(peer.server.requests, SizeIs(1));
  EXPECT_EQ(peer.server.last().authority, "a.test:80");
  EXPECT_EQ(peer.server.last().fields, "cookie: a=1; b=2\nx: y\nte: trailers\n");
}

TEST(GoodHeads, HostMayStandForTheAuthority) {
  RawPeer peer;
  peer.Head(Joined(Without(":authority"), {{"host", "B.test"}}));
  ASSERT_THAT(peer.server.requests, SizeIs(1));
  EXPECT_EQ(peer.server.last().authority, "b.test");
}

TEST(GoodHeads, UnderscoresMayBeAllowedOrDropped) {
  Options options;
  options.underscores = http::UnderscoreAction::kAllow;
  RawPeer open(options);
  open.Head(Get({{"a_b", "c"}}));
  EXPECT_EQ(open.server.last().fields, "a_b: c\n");
  options.underscores = http::UnderscoreAction::kDropHeader;
  RawPeer dropping(options);
  dropping.Head(Get({{"a_b", "c"}}));
  EXPECT_EQ(dropping.server.last().fields, "");
  EXPECT_EQ(dropping.server.stats.dropped_headers_with_underscores.value(), 1u);
}

TEST(GoodHeads, OptionsMayConcernTheWholeServer) {
  RawPeer peer;
  Fields fields = With(":path", "*");
  fields[0].second = "OPTIONS";
  peer.Head(fields);
  ASSERT_THAT(peer.server.requests, SizeIs(1));
  EXPECT_EQ(peer.server.last().path, "*");
}

TEST(GoodHeads, TheTableSurvivesARefusedHead) {
  RawPeer peer;
  peer.Head(Get({{"x-long", "remember"}, {"connection", "close"}}));
  peer.Head(Get({{"x-long", "remember"}}));
  ASSERT_THAT(peer.server.requests, SizeIs(1));
  EXPECT_EQ(peer.server.last().fields, "x-long: remember\n");
}

TEST(BadTrailers, AreResetOrDropped) {
  RawPeer peer;
  peer.server.answers = false;
  const uint32_t stream = peer.Head(Get(), false);
  peer.Send(Frame(
      NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, stream,
      peer.encoder.Encode({{"x-sum", "1"}, {"cookie", "a"}, {"x-forwarded-for", "1.2.3.4"}})));
  EXPECT_EQ(peer.server.last().trailers, "x-sum: 1\n");

  RawPeer other;
  other.server.answers = false;
  const uint32_t unfinished = other.Head(Get(), false);
  other.Send(Frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, unfinished,
                   other.encoder.Encode({{"x-sum", "1"}})));
  EXPECT_EQ(other.Answer(), "RST_STREAM 1(1)");
  EXPECT_TRUE(other.server.last().done);

  RawPeer pseudo;
  pseudo.server.answers = false;
  const uint32_t odd = pseudo.Head(Get(), false);
  pseudo.Send(Frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, odd,
                    pseudo.encoder.Encode({{":path", "/"}})));
  EXPECT_EQ(pseudo.Answer(), "RST_STREAM 1(1)");
  EXPECT_FALSE(pseudo.server.last().ended);
}

}  // namespace
}  // namespace weir::http2
