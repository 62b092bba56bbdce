#include <gtest/gtest.h>

#include "source/balancing/hash.h"
#include "test/extensions/http_filters/router/router_fixture.h"

namespace weir::extensions::router {
namespace {

using balancing::XxHash64;

class RouterHashTest : public RouterFixture {
 protected:
  RouterHashTest() { info_.remote = &connection_.direct_remote; }
  // The cookie's value in the response; empty when it got none.
  std::string GivenCookie() const {
    const std::string field = ResponseHeader("set-cookie");
    const size_t begin = field.find('"') + 1;
    return field.empty() ? "" : field.substr(begin, field.find('"', begin) - begin);
  }
};

constexpr char kByCookie[] =
    "hash_policy { cookie { name: \"id\" ttl { seconds: 60 } path: \"/\" } }";

TEST_F(RouterHashTest, WithoutAPolicyThereIsNoHash) {
  SendHead();
  EXPECT_EQ(cluster_.last_hash, std::nullopt);
}

TEST_F(RouterHashTest, IsMadeOfTheHeadThatIsSentAndStaysForAllTries) {
  UseRoute(
      "prefix_rewrite: \"/new\" hash_policy { header { header_name: \":path\" } } "
      "retry_policy { retry_on: \"5xx\" }");
  SendHead();
  const auto first = cluster_.last_hash;
  EXPECT_EQ(first, XxHash64(upstream().path));
  cluster_.last_hash.reset();
  upstream().Respond(503);
  WaitForRetry();
  EXPECT_EQ(cluster_.asked, 2);
  EXPECT_EQ(cluster_.last_hash, first);
}

TEST_F(RouterHashTest, AClientWithoutTheCookieIsGivenOne) {
  UseRoute(kByCookie);
  SendHead();
  const auto hash = cluster_.last_hash;
  upstream().Respond(200);
  EXPECT_EQ(ResponseHeader("set-cookie"),
            "id=\"" + GivenCookie() + "\"; Max-Age=60; Path=/; HttpOnly");
  EXPECT_EQ(GivenCookie(),
            absl::StrCat(absl::Hex(XxHash64("192.0.2.5:4000192.0.2.1:80"), absl::kZeroPad16)));
  EXPECT_EQ(hash, XxHash64(GivenCookie()));
}

TEST_F(RouterHashTest, AClientWithTheCookieKeepsIt) {
  UseRoute(kByCookie);
  SendHead(true, {{"cookie", "id=abc"}});
  EXPECT_EQ(cluster_.last_hash, XxHash64("abc"));
  upstream().Respond(200);
  EXPECT_EQ(ResponseHeader("set-cookie"), "");
}

TEST_F(RouterHashTest, WhoComesThroughATrustedProxyGetsACookieOfHisOwn) {
  UseRoute(kByCookie);
  SendHead();
  upstream().Respond(200);
  const std::string first = GivenCookie();
  EndStream();
  const net::Address other = *net::Address::ParseIp("198.51.100.9", 0);
  info_.remote = &other;
  SendHead();
  upstream().Respond(200);
  EXPECT_NE(GivenCookie(), first);
  EXPECT_EQ(cluster_.last_hash, XxHash64(GivenCookie()));
}

TEST_F(RouterHashTest, TheHostOfASessionIsAskedFor) {
  filter::WantedHost wanted{*net::Address::ParseIp("10.0.0.1", 1)};
  info_.wanted_host = &wanted;
  SendHead();
  EXPECT_EQ(cluster_.last_wanted, &wanted.address);
  EXPECT_FALSE(cluster_.last_wants_no_other);
  upstream().Respond(200);
  EndStream();
  wanted.is_strict = true;
  wanted.status_without_host = 410;
  cluster_.answer = FakeCluster::Answer::kNoHost;
  SendHead();
  EXPECT_TRUE(cluster_.last_wants_no_other);
  EXPECT_EQ(response_->status, 410);
  EXPECT_TRUE(info_.flags.Has(filter::ResponseFlag::kNoHealthyUpstream));
}

TEST_F(RouterHashTest, AResponseOfOursGivesNoCookie) {
  UseRoute(kByCookie);
  cluster_.answer = FakeCluster::Answer::kNoHost;
  SendHead();
  EXPECT_EQ(response_->status, 503);
  EXPECT_EQ(ResponseHeader("set-cookie"), "");
}

}  // namespace
}  // namespace weir::extensions::router
