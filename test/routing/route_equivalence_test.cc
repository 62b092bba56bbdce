// The index finds what trying route after route finds: 100,000 random requests against 1,000
// random tables whose paths, hosts and conditions overlap as much as they can.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

#include "source/base/random.h"
#include "source/base/strings.h"
#include "source/routing/route_parser.h"
#include "test/routing/linear_matcher.h"

namespace weir::routing {
namespace {

using envoy::config::route::v3::HeaderMatcher;
using envoy::config::route::v3::Route;
using envoy::config::route::v3::RouteConfiguration;
using envoy::config::route::v3::RouteMatch;
using envoy::config::route::v3::VirtualHost;

// Few different values, so that things meet.
class Maker {
 public:
  explicit Maker(uint64_t seed) : random_(seed) {}

  bool OneIn(uint64_t n) { return random_.Below(n) == 0; }
  uint64_t Number() { return random_.Next(); }

  std::string Path() {
    std::string path = "/";
    for (uint64_t i = random_.Below(6); i > 0; --i) path += "aAb/"[random_.Below(4)];
    return path;
  }

  std::string Value() {
    static constexpr const char* kValues[] = {"", "a", "A", "ab", "b", "7", "12", "-3"};
    return kValues[random_.Below(std::size(kValues))];
  }

  std::string Host() {
    static constexpr const char* kHosts[] = {"a.x", "b.a.x", "A.X", "x",     "a.x:80",
                                             "a.y", "-a.x",  ".x",  "a.x.y", ""};
    return kHosts[random_.Below(std::size(kHosts))];
  }

  std::string Domain() {
    static constexpr const char* kDomains[] = {"*",   "a.x", "*.x",   "*a.x",   "b.*",  "a.*",
                                               "A.y", "x",   "*-a.x", "a.x:80", "*.a.x"};
    return kDomains[random_.Below(std::size(kDomains))];
  }

  Route MakeRoute(int number) {
    Route route;
    route.set_name(base::StrCat("route-", number));
    route.mutable_direct_response()->set_status(200);
    RouteMatch& match = *route.mutable_match();
    SetPath(match);
    if (OneIn(3)) match.mutable_case_sensitive()->set_value(OneIn(2));
    while (OneIn(3)) SetHeader(*match.add_headers());
    if (OneIn(5)) SetQuery(match);
    if (OneIn(8)) {
      match.mutable_runtime_fraction()->mutable_default_value()->set_numerator(
          static_cast<uint32_t>(random_.Below(120)));
    }
    return route;
  }

  void FillRequest(http::RequestHead& head) {
    base::Arena& arena = head.headers.arena();
    std::string path = Path();
    if (OneIn(2)) {
      path += "?";
      while (OneIn(2)) base::StrAppend(&path, OneIn(2) ? "q=" : "r=", Value(), "&");
      if (OneIn(4)) path += "q";
    }
    head.path = arena.Copy(path);
    head.authority = arena.Copy(Host());
    while (OneIn(2)) head.headers.AddCopy(OneIn(2) ? "x-a" : "x-b", Value());
  }

 private:
  void SetPath(RouteMatch& match) {
    switch (random_.Below(7)) {
      case 0:
      case 1:
        match.set_path(Path());
        break;
      case 2:
      case 3:
        match.set_prefix(OneIn(6) ? "" : Path());
        break;
      case 4:
      case 5: {
        std::string path = Path();
        while (path.ends_with('/')) path.pop_back();
        match.set_path_separated_prefix(path.empty() ? "/a" : path);
        break;
      }
      default:
        match.mutable_safe_regex()->set_regex(OneIn(2) ? "/[ab]*/.*" : "/a.?b?");
    }
  }

  void SetHeader(HeaderMatcher& header) {
    header.set_name(OneIn(2) ? "x-a" : "x-b");
    header.set_invert_match(OneIn(3));
    header.set_treat_missing_header_as_empty(OneIn(3));
    switch (random_.Below(6)) {
      case 0:
        header.set_exact_match(Value());
        break;
      case 1:
        header.set_present_match(OneIn(2));
        break;
      case 2:
        header.mutable_range_match()->set_start(-3);
        header.mutable_range_match()->set_end(12);
        break;
      case 3:
        header.mutable_string_match()->set_prefix("a");
        header.mutable_string_match()->set_ignore_case(OneIn(2));
        break;
      case 4:
        header.mutable_string_match()->mutable_safe_regex()->set_regex("[a-z]+");
        break;
      default:
        break;  // present
    }
  }

  void SetQuery(RouteMatch& match) {
    auto& parameter = *match.add_query_parameters();
    parameter.set_name(OneIn(2) ? "q" : "r");
    if (OneIn(2)) {
      parameter.mutable_string_match()->set_exact(Value());
    } else if (OneIn(2)) {
      parameter.set_present_match(OneIn(2));
    }
  }

  base::Random random_;
};

// A virtual host for each number, with up to 24 routes.
RouteConfiguration MakeTable(const std::vector<uint64_t>& seeds, bool ignores_port) {
  RouteConfiguration config;
  config.set_ignore_port_in_host_matching(ignores_port);
  std::set<std::string> domains;
  int route_number = 0;
  for (const uint64_t seed : seeds) {
    Maker maker(seed);
    std::set<std::string> own;
    for (int i = 0; i < 3; ++i) {
      const std::string domain = maker.Domain();
      if (domains.insert(domain).second) own.insert(domain);
    }
    if (own.empty()) continue;
    VirtualHost& virtual_host = *config.add_virtual_hosts();
    virtual_host.set_name(base::StrCat("host-", config.virtual_hosts_size()));
    virtual_host.mutable_domains()->Assign(own.begin(), own.end());
    for (uint64_t i = maker.Number() % 25; i > 0; --i) {
      *virtual_host.add_routes() = maker.MakeRoute(route_number++);
    }
  }
  return config;
}

void CompareOneTable() {
  const auto seeds = *rc::gen::resize(
      5, rc::gen::container<std::vector<uint64_t>>(rc::gen::arbitrary<uint64_t>()));
  const RouteConfiguration config = MakeTable(seeds, *rc::gen::arbitrary<bool>());
  config::Faults faults;
  const auto table = ParseRouteTable(config, BareContext(), faults);
  RC_ASSERT(faults.ToString() == "");
  const test::LinearMatcher linear(config);
  Maker maker(*rc::gen::arbitrary<uint64_t>());
  for (int i = 0; i < 100; ++i) {
    base::Arena arena;
    http::RequestHead head(arena);
    maker.FillRequest(head);
    const uint64_t random = maker.Number();
    const Route* expected = linear.Find(head, random);
    const auto* found = table->Find(head, random);
    const auto* virtual_host = table->FindVirtualHost(head.authority);
    const VirtualHost* expected_host = linear.FindVirtualHost(std::string(head.authority));
    const std::string found_text = base::StrCat(virtual_host == nullptr ? "" : virtual_host->name,
                                                " ", found == nullptr ? "" : found->name);
    const std::string expected_text =
        base::StrCat(expected_host == nullptr ? "" : expected_host->name(), " ",
                     expected == nullptr ? "" : expected->name());
    if (found_text == expected_text) continue;
    RC_LOG() << config.DebugString() << head.authority << " " << head.path << "\n";
    RC_ASSERT(found_text == expected_text);
  }
}

TEST(RouteEquivalenceTest, IndexAgreesWithLinearMatcher) {
  // 100 rounds of 10 tables with 100 requests each.
  EXPECT_TRUE(rc::check("index", [] {
    for (int i = 0; i < 10; ++i) CompareOneTable();
  }));
}

// The comparison is of use only when it meets matches of every kind.
TEST(RouteEquivalenceTest, RequestsMeetRoutes) {
  base::Random random(1);
  int matches = 0, misses = 0;
  for (int t = 0; t < 50; ++t) {
    const RouteConfiguration config = MakeTable({random.Next(), random.Next()}, false);
    const test::LinearMatcher linear(config);
    Maker maker(random.Next());
    for (int i = 0; i < 100; ++i) {
      base::Arena arena;
      http::RequestHead head(arena);
      maker.FillRequest(head);
      (linear.Find(head, 0) != nullptr ? matches : misses)++;
    }
  }
  EXPECT_GT(matches, 1000);
  EXPECT_GT(misses, 1000);
}

}  // namespace
}  // namespace weir::routing
