#include "source/routing/route_table_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "envoy/config/route/v3/route.pb.h"
#include "source/config/wire_fields.h"
#include "test/routing/route_text.h"

namespace weir::routing {
namespace {

using envoy::config::route::v3::RouteConfiguration;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// What one reading of a table comes to.
struct Outcome {
  std::unique_ptr<const RouteTable> table;
  std::vector<std::string> faults, ignored, named;
  int steps = 0;
  size_t kept = 0, read = 0;
};

class RouteTableReaderTest : public testing::Test {
 protected:
  Outcome Read(const RouteConfiguration& proto, const RouteTable* before = nullptr) {
    const std::string bytes = proto.SerializeAsString();
    auto split = config::SplitField(bytes, RouteConfiguration::kVirtualHostsFieldNumber);
    RouteConfiguration rest;
    EXPECT_TRUE(rest.ParseFromString(split->rest));
    return Read(rest, split->items, before);
  }
  Outcome Read(const RouteConfiguration& rest, std::vector<std::string_view> virtual_hosts,
               const RouteTable* before) {
    Outcome out;
    const auto slot = [&](std::string_view name) -> absl::StatusOr<clusters::ClusterSlot*> {
      out.named.emplace_back(name);
      if (name == unknown_) return absl::NotFoundError("there is no such cluster");
      return nullptr;
    };
    const ParseContext context{slot, BareContext().value_template, BareContext().filter_config};
    config::Faults faults;
    RouteTableReader reader(rest, std::move(virtual_hosts), context, before, faults);
    while (reader.Step()) ++out.steps;
    out.table = reader.Finish();
    out.kept = reader.kept();
    out.read = reader.read();
    out.faults = test::Lines(faults);
    for (const config::Fault& fault : faults.ignored()) out.ignored.push_back(fault.path);
    return out;
  }
  // One virtual host, for "NAME.com", with one route for each cluster: /0, /1 …
  static std::string Host(const std::string& name, const std::vector<std::string>& clusters) {
    std::string text =
        absl::StrCat("virtual_hosts { name: \"", name, "\" domains: \"", name, ".com\" ");
    for (size_t i = 0; i < clusters.size(); ++i) {
      absl::StrAppend(&text, "routes { match { prefix: \"/", i, "\" } route { cluster: \"",
                      clusters[i], "\" } } ");
    }
    return text + "} ";
  }
  static RouteConfiguration Table(const std::string& text) {
    return test::FromText<RouteConfiguration>("name: \"table\" " + text);
  }
  static std::string ClusterFor(const RouteTable& table, const std::string& host,
                                const std::string& path) {
    const test::Request request("GET", host, path);
    const Route* route = table.Find(request.head, 0);
    return route == nullptr ? "" : std::get<ForwardAction>(route->action).cluster.name;
  }

  std::string unknown_;
};

TEST_F(RouteTableReaderTest, ReadsWhatTheParserReads) {
  const RouteConfiguration proto =
      Table(Host("a", {"one", "two"}) + Host("b", {"three"}) + Host("c", {}));
  const Outcome out = Read(proto);
  ASSERT_NE(out.table, nullptr) << out.faults[0];
  EXPECT_EQ(out.table->name(), "table");
  EXPECT_EQ(ClusterFor(*out.table, "a.com", "/1"), "two");
  EXPECT_EQ(ClusterFor(*out.table, "b.com", "/0"), "three");
  const test::Request request("GET", "c.com", "/");
  EXPECT_NE(out.table->FindVirtualHost("c.com"), nullptr);
  EXPECT_EQ(out.table->Find(request.head, 0), nullptr);
  EXPECT_THAT(out.named, ElementsAre("one", "two", "three"));
  EXPECT_EQ(out.read, 3u);
}

TEST_F(RouteTableReaderTest, NoStepIsMoreThanAVirtualHostOrARoute) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += Host(absl::StrCat("h", i), {"one"});
  EXPECT_EQ(Read(Table(text)).steps, 200);
  EXPECT_EQ(Read(Table(Host("big", std::vector<std::string>(1000, "one")))).steps, 1001);
}

TEST_F(RouteTableReaderTest, AVirtualHostThatDidNotChangeIsTheSameObject) {
  const RouteConfiguration proto =
      Table(Host("a", {"one"}) + Host("b", {"two"}) + Host("c", {"three"}));
  Outcome first = Read(proto);
  ASSERT_NE(first.table, nullptr);
  RouteConfiguration changed = proto;
  changed.mutable_virtual_hosts(1)->mutable_routes(0)->mutable_route()->set_cluster("other");
  Outcome second = Read(changed, first.table.get());
  ASSERT_NE(second.table, nullptr);
  EXPECT_EQ(second.kept, 2u);
  EXPECT_EQ(second.read, 1u);
  EXPECT_THAT(second.named, ElementsAre("one", "other", "three")) << "as if all had been read";
  for (const char* host : {"a.com", "c.com"}) {
    EXPECT_EQ(second.table->FindVirtualHost(host), first.table->FindVirtualHost(host)) << host;
  }
  EXPECT_NE(second.table->FindVirtualHost("b.com"), first.table->FindVirtualHost("b.com"));
  first.table.reset();
  EXPECT_EQ(ClusterFor(*second.table, "a.com", "/0"), "one") << "it outlives the old table";
  EXPECT_EQ(ClusterFor(*second.table, "b.com", "/0"), "other");

  // Wherever it stands now.
  RouteConfiguration moved = changed;
  moved.mutable_virtual_hosts()->SwapElements(0, 2);
  moved.mutable_virtual_hosts()->DeleteSubrange(1, 1);
  const Outcome third = Read(moved, second.table.get());
  ASSERT_NE(third.table, nullptr);
  EXPECT_EQ(third.kept, 2u);
  EXPECT_EQ(third.table->FindVirtualHost("a.com"), second.table->FindVirtualHost("a.com"));
  EXPECT_EQ(third.table->FindVirtualHost("b.com"), nullptr);
  EXPECT_EQ(ClusterFor(*third.table, "c.com", "/0"), "three");
}

TEST_F(RouteTableReaderTest, WhatAVirtualHostTakesFromTheTableCountsAsAChange) {
  RouteConfiguration proto = Table(Host("a", {"one"}));
  const Outcome first = Read(proto);
  proto.mutable_max_direct_response_body_size_bytes()->set_value(1);
  EXPECT_EQ(Read(proto, first.table.get()).kept, 0u);
}

TEST_F(RouteTableReaderTest, AClusterThatMustNotBeNamedAnyMoreIsAFaultAgain) {
  const RouteConfiguration proto = Table(Host("a", {"one", "two"}));
  const Outcome first = Read(proto);
  unknown_ = "two";
  const Outcome second = Read(proto, first.table.get());
  EXPECT_EQ(second.table, nullptr);
  EXPECT_EQ(second.kept, 0u);
  EXPECT_THAT(second.faults,
              ElementsAre("virtual_hosts[0].routes[1].route.cluster: there is no such cluster"));
}

TEST_F(RouteTableReaderTest, WhatIsIgnoredIsToldOfWhatIsKept) {
  const RouteConfiguration proto =
      Table(Host("a", {}) +
            "virtual_hosts { name: \"b\" domains: \"b\" metadata { } routes { match { prefix: "
            "\"/\" } redirect { } metadata { } } }");
  const Outcome first = Read(proto);
  ASSERT_NE(first.table, nullptr);
  RouteConfiguration moved = proto;
  moved.mutable_virtual_hosts()->SwapElements(0, 1);
  const Outcome second = Read(moved, first.table.get());
  EXPECT_EQ(second.kept, 2u);
  EXPECT_THAT(first.ignored,
              ElementsAre("virtual_hosts[1].metadata", "virtual_hosts[1].routes[0].metadata"));
  EXPECT_THAT(second.ignored,
              ElementsAre("virtual_hosts[0].metadata", "virtual_hosts[0].routes[0].metadata"));
}

TEST_F(RouteTableReaderTest, AFileIsReadAnewEachTime) {
  const RouteConfiguration proto = Table(
      "virtual_hosts { name: \"a\" domains: \"a\" routes { match { prefix: \"/\" } "
      "direct_response { status: 200 body { filename: \"/dev/null\" } } } }");
  const Outcome first = Read(proto);
  ASSERT_NE(first.table, nullptr) << first.faults[0];
  EXPECT_EQ(Read(proto, first.table.get()).kept, 0u);
}

TEST_F(RouteTableReaderTest, AllFaultsAreListed) {
  RouteConfiguration proto = Table(Host("a", {"", "two"}) + Host("a", {"one"}) + Host("", {}));
  proto.mutable_virtual_hosts(1)->mutable_routes(0)->clear_match();
  const Outcome out = Read(proto);
  EXPECT_EQ(out.table, nullptr);
  EXPECT_THAT(out.faults,
              ElementsAre(HasSubstr("virtual_hosts[0].routes[0].route"),
                          "virtual_hosts[1].domains[0]: 'a.com' is given twice in this table",
                          "virtual_hosts[1].routes[0].match: must be set",
                          HasSubstr("virtual_hosts[2].name: ")));
}

TEST_F(RouteTableReaderTest, BytesThatAreNoVirtualHostAreAFault) {
  const Outcome out = Read(Table(""), {"\x0a\x05x", "\x1a\x01\xff"}, nullptr);
  EXPECT_EQ(out.table, nullptr);
  ASSERT_GE(out.faults.size(), 2u);
  EXPECT_EQ(out.faults[0], "virtual_hosts[0]: its bytes are not a VirtualHost");
  EXPECT_THAT(out.faults[1], HasSubstr("virtual_hosts[1]"));
}

}  // namespace
}  // namespace weir::routing
