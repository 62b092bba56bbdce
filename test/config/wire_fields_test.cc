#include "source/config/wire_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "envoy/config/route/v3/route.pb.h"

namespace weir::config {
namespace {

using envoy::config::route::v3::RouteConfiguration;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr int kHosts = RouteConfiguration::kVirtualHostsFieldNumber;

RouteConfiguration Table() {
  RouteConfiguration table;
  table.set_name("table");
  table.set_most_specific_header_mutations_wins(true);
  table.mutable_max_direct_response_body_size_bytes()->set_value(300);
  for (const char* name : {"a", "b"}) table.add_virtual_hosts()->set_name(name);
  return table;
}

TEST(WireFieldsTest, ARepeatedFieldIsToldApartFromTheRest) {
  RouteConfiguration table = Table();
  std::string bytes = table.SerializeAsString();
  // Fields come in any order.
  RouteConfiguration more;
  more.add_virtual_hosts()->set_name("c");
  more.set_ignore_port_in_host_matching(true);
  bytes += more.SerializeAsString();

  const std::optional<SplitMessage> split = SplitField(bytes, kHosts);
  ASSERT_TRUE(split.has_value());
  ASSERT_EQ(split->items.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    envoy::config::route::v3::VirtualHost host;
    ASSERT_TRUE(host.ParseFromString(std::string(split->items[i])));
    EXPECT_EQ(host.name(), std::string(1, static_cast<char>('a' + i)));
    EXPECT_GE(split->items[i].data(), bytes.data()) << "a view";
  }
  RouteConfiguration rest;
  ASSERT_TRUE(rest.ParseFromString(split->rest));
  table.clear_virtual_hosts();
  table.set_ignore_port_in_host_matching(true);
  EXPECT_EQ(rest.SerializeAsString(), table.SerializeAsString());
}

TEST(WireFieldsTest, AMessageWithoutTheField) {
  const std::optional<SplitMessage> none = SplitField("", kHosts);
  ASSERT_TRUE(none.has_value());
  EXPECT_THAT(none->items, IsEmpty());
  EXPECT_THAT(none->rest, IsEmpty());
}

TEST(WireFieldsTest, EveryWireTypeIsPassedOver) {
  const std::string bytes =
      "\x08\x96\x01"  // 1: varint 150
      "\x11"
      "12345678"    // 2: 64 bits
      "\x1a\x02hi"  // 3: bytes
      "\x25"
      "1234";  // 4: 32 bits
  const std::optional<SplitMessage> split = SplitField(bytes, 3);
  ASSERT_TRUE(split.has_value());
  EXPECT_THAT(split->items, ElementsAre("hi"));
  EXPECT_EQ(split->rest.size(), bytes.size() - 4);
  // A field of that number and another type is not an item: the parser shall judge it.
  EXPECT_THAT(SplitField(bytes, 1)->items, IsEmpty());
}

TEST(WireFieldsTest, WhatIsNoMessageIsNotSplit) {
  const std::string bytes = Table().SerializeAsString();
  for (size_t size = 1; size < bytes.size(); ++size) {
    const std::string cut = bytes.substr(0, size);
    RouteConfiguration table;
    EXPECT_EQ(SplitField(cut, kHosts).has_value(), table.ParseFromString(cut)) << size;
  }
  EXPECT_FALSE(SplitField("\x0b\x0c", kHosts).has_value()) << "a group";
  EXPECT_FALSE(SplitField(std::string(11, '\xff'), kHosts).has_value()) << "an endless number";
  EXPECT_FALSE(SplitField("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", kHosts).has_value());
}

}  // namespace
}  // namespace weir::config
