#include "source/routing/hash_policy.h"

#include <gtest/gtest.h>

#include <bit>
#include <vector>

#include "source/balancing/hash.h"
#include "source/routing/hash_policy_parser.h"
#include "test/routing/route_text.h"

namespace weir::routing {
namespace {

using balancing::XxHash64;
using test::Request;

std::vector<HashPolicy> Policies(const std::string& text) {
  config::Faults faults;
  auto out = ParseHashPolicies(test::FromText<envoy::config::route::v3::RouteAction>(text), faults);
  EXPECT_TRUE(faults.ok()) << faults.ToString();
  return out;
}

struct Hashed {
  std::optional<uint64_t> hash;
  std::vector<std::string> new_cookies;  // names
};

Hashed HashOf(const std::string& text, const Request& request,
              const std::string& client = "192.0.2.7") {
  const auto address = net::Address::ParseIp(client, 4711);
  Hashed out;
  const auto make_cookie = [&](const http::CookieTemplate& cookie) -> std::string_view {
    out.new_cookies.push_back(cookie.name());
    return "made";
  };
  out.hash = HashRequest(Policies(text), request.head, &*address, make_cookie);
  return out;
}

constexpr char kByUser[] = "hash_policy { header { header_name: 'X-User' } } ";

TEST(HashPolicyTest, AHeader) {
  const Request request("GET", "h", "/p?q", {{"x-user", "ann"}, {"x-other", "bob"}});
  EXPECT_EQ(HashOf(kByUser, request).hash, XxHash64("ann"));
  EXPECT_EQ(HashOf(kByUser, Request("GET", "h", "/")).hash, std::nullopt);
  EXPECT_EQ(HashOf("hash_policy { header { header_name: ':path' } }", request).hash,
            XxHash64("/p?q"));
  EXPECT_EQ(HashOf("hash_policy { header { header_name: 'Host' } }", request).hash, XxHash64("h"));
}

TEST(HashPolicyTest, TheOrderOfAHeadersValuesDoesNotMatter) {
  const Request one("GET", "h", "/", {{"x-user", "ann"}, {"x-user", "bob"}});
  const Request other("GET", "h", "/", {{"x-user", "bob"}, {"x-user", "ann"}});
  EXPECT_EQ(HashOf(kByUser, one).hash, XxHash64("bob", XxHash64("ann")));
  EXPECT_EQ(HashOf(kByUser, other).hash, HashOf(kByUser, one).hash);
}

TEST(HashPolicyTest, AHeaderRewrittenFirst) {
  const Request request("GET", "h", "/a/b?c", {});
  EXPECT_EQ(HashOf("hash_policy { header { header_name: ':path' regex_rewrite { pattern { regex: "
                   "'^/(\\\\w+)/.*' } substitution: '\\\\1' } } }",
                   request)
                .hash,
            XxHash64("a"));
}

TEST(HashPolicyTest, AQueryParameter) {
  const std::string policy = "hash_policy { query_parameter { name: 'k' } }";
  EXPECT_EQ(HashOf(policy, Request("GET", "h", "/?a=1&k=v&k=w")).hash, XxHash64("v"));
  EXPECT_EQ(HashOf(policy, Request("GET", "h", "/?k=")).hash, XxHash64(""));
  EXPECT_EQ(HashOf(policy, Request("GET", "h", "/?kk=v")).hash, std::nullopt);
  EXPECT_EQ(HashOf(policy, Request("GET", "h", "/k=v")).hash, std::nullopt);
}

TEST(HashPolicyTest, TheClientsAddressWithoutItsPort) {
  const std::string policy = "hash_policy { connection_properties { source_ip: true } }";
  const Request request("GET", "h", "/");
  EXPECT_EQ(HashOf(policy, request).hash, XxHash64("192.0.2.7"));
  EXPECT_EQ(HashOf(policy, request, "2001:db8::1").hash, XxHash64("2001:db8::1"));
  EXPECT_EQ(HashOfClient(nullptr), std::nullopt);
  const auto pipe = net::Address::Pipe("/tmp/x");
  EXPECT_EQ(HashOfClient(&*pipe), std::nullopt);
}

TEST(HashPolicyTest, ACookieIsTakenAsItIs) {
  const Request request("GET", "h", "/", {{"cookie", "a=1; s=\"abc\""}});
  const Hashed hashed = HashOf("hash_policy { cookie { name: 's' ttl { seconds: 9 } } }", request);
  EXPECT_EQ(hashed.hash, XxHash64("abc"));
  EXPECT_TRUE(hashed.new_cookies.empty());
}

TEST(HashPolicyTest, ACookieIsMadeUpOnlyWhereItHasATimeToLive) {
  const Request request("GET", "h", "/");
  EXPECT_EQ(HashOf("hash_policy { cookie { name: 's' } }", request).hash, std::nullopt);
  const Hashed made = HashOf("hash_policy { cookie { name: 's' ttl {} } }", request);
  EXPECT_EQ(made.hash, XxHash64("made"));
  EXPECT_EQ(made.new_cookies, std::vector<std::string>{"s"});
}

TEST(HashPolicyTest, SeveralAreCombinedInTheirOrder) {
  const Request request("GET", "h", "/?k=v", {{"x-user", "ann"}});
  const std::string by_key = "hash_policy { query_parameter { name: 'k' } }";
  const uint64_t expected = std::rotl(XxHash64("ann"), 1) ^ XxHash64("v");
  EXPECT_EQ(HashOf(kByUser + by_key, request).hash, expected);
  EXPECT_NE(HashOf(by_key + kByUser, request).hash, expected);
  EXPECT_EQ(HashOf(std::string(kByUser) + kByUser, request).hash,
            std::rotl(XxHash64("ann"), 1) ^ XxHash64("ann"))
      << "equal ones do not cancel out";
  EXPECT_EQ(HashOf(kByUser + by_key, Request("GET", "h", "/?k=v")).hash, XxHash64("v"))
      << "what finds nothing takes no part";
}

TEST(HashPolicyTest, ATerminalOneEndsItOnceThereIsAHash) {
  const std::string policies =
      "hash_policy { header { header_name: 'x-user' } terminal: true } "
      "hash_policy { query_parameter { name: 'k' } }";
  const Request both("GET", "h", "/?k=v", {{"x-user", "ann"}});
  EXPECT_EQ(HashOf(policies, both).hash, XxHash64("ann"));
  EXPECT_EQ(HashOf(policies, Request("GET", "h", "/?k=v")).hash, XxHash64("v"));
}

TEST(HashPolicyTest, FilterStateFindsNothingButMayEndTheSearch) {
  const std::string policies = std::string(kByUser) +
                               "hash_policy { filter_state { key: 'f' } terminal: true } "
                               "hash_policy { query_parameter { name: 'k' } }";
  const Request request("GET", "h", "/?k=v", {{"x-user", "ann"}});
  EXPECT_EQ(HashOf(policies, request).hash, XxHash64("ann"));
}

}  // namespace
}  // namespace weir::routing
