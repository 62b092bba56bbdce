#include "source/extensions/network_filters/http_connection_manager/request_preparation.h"

#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "test/routing/route_text.h"

namespace weir::extensions::http_connection_manager {
namespace {

class RequestPreparationTest : public testing::Test {
 protected:
  RequestPreparationTest() {
    Peer("192.0.2.5");
    connection_.local = *net::Address::ParseIp("192.0.2.1", 8080);
    config_.trust.internal_ranges = {*net::CidrRange::Create("10.0.0.0", 8),
                                     *net::CidrRange::Create("fd00::", 8)};
  }

  void Peer(std::string_view ip) {
    connection_.direct_remote = *net::Address::ParseIp(ip, 4000);
    connection_.direct_remote_text = connection_.direct_remote.ToString();
  }
  void Prepare(test::Request::Headers headers = {}, std::string_view path = "/",
               std::string_view authority = "example.com") {
    request_ = std::make_unique<test::Request>("GET", authority, path, headers);
    refusal_ = PrepareRequest(config_, connection_, random_, request_->head, remote_);
  }
  http::RequestHead& head() { return request_->head; }
  std::string Header(std::string_view name) { return std::string(head().headers.Value(name)); }
  std::string Client() { return remote_.IpString(); }

  HcmConfig config_;
  filter::ConnectionInfo connection_;
  base::Random random_{1};
  net::Address remote_;
  Refusal refusal_;
  std::unique_ptr<test::Request> request_;
};

constexpr char kThreeHops[] = "203.0.113.128, 203.0.113.10, 203.0.113.1";
constexpr char kFourHops[] = "203.0.113.128,203.0.113.10,203.0.113.1,192.0.2.5";

// The worked examples of x-forwarded-for: an edge proxy, and proxies behind it.
TEST_F(RequestPreparationTest, AnEdgeProxyBelievesOnlyThePeer) {
  Prepare({{"x-forwarded-for", kThreeHops}});
  EXPECT_EQ(Client(), "192.0.2.5");
  EXPECT_EQ(Header("x-forwarded-for"), absl::StrCat(kThreeHops, ",192.0.2.5"));
  EXPECT_EQ(Header("x-envoy-external-address"), "192.0.2.5");
  EXPECT_EQ(Header("x-envoy-internal"), "");
}

TEST_F(RequestPreparationTest, AProxyBehindTheEdgeBelievesTheLastEntry) {
  config_.trust.use_remote_address = false;
  Peer("10.11.12.13");
  Prepare({{"x-forwarded-for", kFourHops}});
  EXPECT_EQ(Client(), "192.0.2.5");
  EXPECT_EQ(Header("x-forwarded-for"), kFourHops);
  EXPECT_EQ(Header("x-envoy-external-address"), "");
  EXPECT_EQ(Header("x-envoy-internal"), "");
}

TEST_F(RequestPreparationTest, AnEdgeProxyBehindTwoTrustedOnes) {
  config_.trust.xff_num_trusted_hops = 2;
  Prepare({{"x-forwarded-for", kThreeHops}});
  EXPECT_EQ(Client(), "203.0.113.10");
  EXPECT_EQ(Header("x-forwarded-for"), absl::StrCat(kThreeHops, ",192.0.2.5"));
  EXPECT_EQ(Header("x-envoy-external-address"), "203.0.113.10");
}

TEST_F(RequestPreparationTest, AnInnerProxyBehindTwoTrustedOnes) {
  config_.trust.use_remote_address = false;
  config_.trust.xff_num_trusted_hops = 2;
  Peer("10.11.12.13");
  Prepare({{"x-forwarded-for", kFourHops}});
  EXPECT_EQ(Client(), "203.0.113.10");
  EXPECT_EQ(Header("x-forwarded-for"), kFourHops);
}

TEST_F(RequestPreparationTest, ARequestThatBeginsInside) {
  config_.trust.use_remote_address = false;
  Peer("10.20.30.40");
  Prepare();
  EXPECT_EQ(Client(), "10.20.30.40");
  EXPECT_EQ(Header("x-envoy-internal"), "") << "nobody vouches for it yet";
  config_.trust.use_remote_address = true;
  Prepare();
  EXPECT_EQ(Header("x-envoy-internal"), "true");
  EXPECT_EQ(Header("x-forwarded-for"), "10.20.30.40");
}

TEST_F(RequestPreparationTest, ARequestThatOneProxyInsidePassedOn) {
  config_.trust.use_remote_address = false;
  Peer("10.20.30.50");
  Prepare({{"x-forwarded-for", "10.20.30.40"}});
  EXPECT_EQ(Client(), "10.20.30.40");
  EXPECT_EQ(Header("x-envoy-internal"), "true");
  Prepare({{"x-forwarded-for", "10.20.30.40, 10.20.30.41"}});
  EXPECT_EQ(Header("x-envoy-internal"), "") << "more than one hop";
}

TEST_F(RequestPreparationTest, AListTooShortOrUnreadableProvesNothing) {
  config_.trust.xff_num_trusted_hops = 3;
  Prepare({{"x-forwarded-for", "203.0.113.1"}});
  EXPECT_EQ(Client(), "192.0.2.5");
  config_.trust = {};
  config_.trust.internal_ranges = {*net::CidrRange::Create("10.0.0.0", 8)};
  config_.trust.use_remote_address = false;
  Peer("10.1.1.1");
  for (const char* list : {"unknown", "10.0.0.1x", ",", ""}) {
    Prepare({{"x-forwarded-for", list}, {"x-envoy-retry-on", "5xx"}});
    EXPECT_EQ(Client(), "10.1.1.1") << list;
    EXPECT_EQ(Header("x-envoy-internal"), "") << list;
    EXPECT_EQ(Header("x-envoy-retry-on"), "") << list;
  }
  config_.trust.use_remote_address = true;
  Prepare({{"x-forwarded-for", ""}});
  EXPECT_EQ(Header("x-envoy-internal"), "") << "somebody wrote a list, if an empty one";
}

TEST_F(RequestPreparationTest, SeveralFieldsAreOneList) {
  config_.trust.xff_num_trusted_hops = 2;
  Prepare({{"x-forwarded-for", "203.0.113.1"}, {"x-forwarded-for", "203.0.113.2"}});
  EXPECT_EQ(Client(), "203.0.113.1");
  EXPECT_EQ(Header("x-forwarded-for"), "203.0.113.1, 203.0.113.2,192.0.2.5");
}

TEST_F(RequestPreparationTest, AddressesMayHavePortsAndBeOfEitherFamily) {
  config_.trust.use_remote_address = false;
  Prepare({{"x-forwarded-for", "203.0.113.1:1234"}});
  EXPECT_EQ(Client(), "203.0.113.1");
  Prepare({{"x-forwarded-for", "[2001:db8::1]:99"}});
  EXPECT_EQ(Client(), "2001:db8::1");
  Prepare({{"x-forwarded-for", "2001:db8::2"}});
  EXPECT_EQ(Client(), "2001:db8::2");
  config_.trust.use_remote_address = true;
  Peer("2001:db8::5");
  Prepare();
  EXPECT_EQ(Header("x-forwarded-for"), "2001:db8::5");
}

TEST_F(RequestPreparationTest, AppendingCanBeLeftOut) {
  config_.trust.skip_xff_append = true;
  Prepare({{"x-forwarded-for", "203.0.113.1"}});
  EXPECT_EQ(Header("x-forwarded-for"), "203.0.113.1");
}

TEST_F(RequestPreparationTest, WhatSteersTheProxyIsTakenFromStrangers) {
  const test::Request::Headers headers = {
      {"x-envoy-retry-on", "5xx"},  {"x-envoy-upstream-rq-timeout-ms", "1"},
      {"x-envoy-internal", "true"}, {"x-envoy-anything-new", "1"},
      {"x-weir-debug", "1"},        {"x-envoy-external-address", "1"},
      {"x-envoyer", "kept"},        {"x-other", "kept"}};
  Prepare(headers);
  EXPECT_EQ(Header("x-envoy-retry-on"), "");
  EXPECT_EQ(Header("x-envoy-upstream-rq-timeout-ms"), "");
  EXPECT_EQ(Header("x-envoy-internal"), "");
  EXPECT_EQ(Header("x-envoy-anything-new"), "");
  EXPECT_EQ(Header("x-weir-debug"), "");
  EXPECT_EQ(Header("x-envoy-external-address"), "192.0.2.5");
  EXPECT_EQ(Header("x-envoyer"), "kept");
  EXPECT_EQ(Header("x-other"), "kept");
  Peer("10.1.1.1");
  Prepare(headers);
  EXPECT_EQ(Header("x-envoy-retry-on"), "5xx");
  EXPECT_EQ(Header("x-envoy-internal"), "true");
}

TEST_F(RequestPreparationTest, AHostThatTheChainIsNotForIsMisdirected) {
  connection_.chain_names = std::make_shared<const std::vector<std::string>>(
      std::vector<std::string>{"a.test", "*.b.test"});
  Prepare({}, "/", "other.test");
  EXPECT_FALSE(refusal_) << "plaintext";
  connection_.is_secure = true;
  for (const char* const host : {"a.test", "A.test:443", "x.b.test", "x.y.b.test", "a.test."}) {
    Prepare({}, "/", host);
    EXPECT_FALSE(refusal_) << host;
  }
  for (const char* const host : {"other.test", "b.test", "xb.test", ".b.test", "", "a.test.evil"}) {
    Prepare({}, "/", host);
    EXPECT_EQ(refusal_.status, 421) << host;
    EXPECT_EQ(refusal_.details, "misdirected_request");
  }
  connection_.chain_names = nullptr;
  Prepare({}, "/", "other.test");
  EXPECT_FALSE(refusal_) << "a chain for any name";
}

TEST_F(RequestPreparationTest, TheSchemeIsBelievedOnlyBehindATrustedProxy) {
  Prepare({{"x-forwarded-proto", "https"}, {"x-forwarded-host", "evil"}});
  EXPECT_EQ(Header("x-forwarded-proto"), "http");
  EXPECT_EQ(Header("x-forwarded-host"), "");
  EXPECT_EQ(head().scheme, "http");
  config_.trust.xff_num_trusted_hops = 1;
  Prepare({{"x-forwarded-proto", "https"}});
  EXPECT_EQ(Header("x-forwarded-proto"), "https");
  EXPECT_EQ(head().scheme, "https");
  Prepare({{"x-forwarded-proto", "gopher"}});
  EXPECT_EQ(head().scheme, "http");
}

TEST_F(RequestPreparationTest, ForwardedPortWhereAsked) {
  Prepare();
  EXPECT_EQ(Header("x-forwarded-port"), "");
  config_.trust.append_x_forwarded_port = true;
  Prepare();
  EXPECT_EQ(Header("x-forwarded-port"), "8080");
}

TEST_F(RequestPreparationTest, EveryRequestGetsAnIdAndInsidersKeepTheirs) {
  Prepare({{"x-request-id", "mine"}});
  const std::string made = Header("x-request-id");
  EXPECT_EQ(made.size(), 36u);
  config_.preserve_external_request_id = true;
  Prepare({{"x-request-id", "mine"}});
  EXPECT_EQ(Header("x-request-id"), "mine");
  config_.preserve_external_request_id = false;
  Peer("10.1.1.1");
  Prepare({{"x-request-id", "mine"}});
  EXPECT_EQ(Header("x-request-id"), "mine");
  Prepare();
  EXPECT_EQ(Header("x-request-id").size(), 36u);
  config_.generate_request_id = false;
  Prepare();
  EXPECT_EQ(Header("x-request-id"), "");
}

TEST_F(RequestPreparationTest, IdsAreRandomUuids) {
  base::Arena arena;
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id(MakeRequestId(random_, arena));
    ASSERT_EQ(id.size(), 36u);
    EXPECT_EQ(id[8], '-');
    EXPECT_EQ(id[13], '-');
    EXPECT_EQ(id[14], '4');
    EXPECT_EQ(id[18], '-');
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
    EXPECT_EQ(id[23], '-');
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef-"), std::string::npos);
    seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 1000u);
}

TEST_F(RequestPreparationTest, ViaIsAdded) {
  config_.via = "1.1 weir";
  Prepare({{"via", "1.0 other"}});
  EXPECT_EQ(head().headers.Joined("via"), "1.0 other, 1.1 weir");
}

TEST_F(RequestPreparationTest, PortsAndDotsOfTheHostGoWhereAsked) {
  Prepare({}, "/", "example.com.:8080");
  EXPECT_EQ(head().authority, "example.com.:8080");
  config_.strip_matching_host_port = true;
  Prepare({}, "/", "example.com:8080");
  EXPECT_EQ(head().authority, "example.com");
  Prepare({}, "/", "example.com:9090");
  EXPECT_EQ(head().authority, "example.com:9090");
  config_.strip_any_host_port = true;
  Prepare({}, "/", "[2001:db8::1]:9090");
  EXPECT_EQ(head().authority, "[2001:db8::1]");
  Prepare({}, "/", "[2001:db8::1]");
  EXPECT_EQ(head().authority, "[2001:db8::1]");
  config_.strip_any_host_port = config_.strip_matching_host_port = false;
  config_.strip_trailing_host_dot = true;
  Prepare({}, "/", "example.com.:8080");
  EXPECT_EQ(head().authority, "example.com:8080");
  Prepare({}, "/", "example.com.");
  EXPECT_EQ(head().authority, "example.com");
}

TEST_F(RequestPreparationTest, ThePathIsMadeCanonicalOrRefused) {
  Prepare({}, "/a/./b/../c//d?x=%2f");
  EXPECT_FALSE(refusal_);
  EXPECT_EQ(head().path, "/a/c/d?x=%2f");
  Prepare({}, "/a%2Fb");
  EXPECT_EQ(refusal_.status, 400);
  EXPECT_TRUE(refusal_.location.empty());
  EXPECT_FALSE(refusal_.details.empty());
  config_.path.escaped_slashes = http::EscapedSlashAction::kRedirect;
  Prepare({}, "/a%2Fb");
  EXPECT_EQ(refusal_.status, 307);
  EXPECT_EQ(refusal_.location, "/a/b");
}

}  // namespace
}  // namespace weir::extensions::http_connection_manager
