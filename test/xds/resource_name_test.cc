#include "source/xds/resource_name.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "envoy/config/core/v3/base.pb.h"
#include "test/xds/discovery_messages.h"

namespace weir::xds {
namespace {

std::string NameIn(std::string_view bytes, int number = 1) {
  auto name = ReadName(bytes, number);
  return name.ok() ? std::string(*name) : "error: " + std::string(name.status().message());
}

TEST(ResourceNameTest, ReadsTheFieldAmongOthers) {
  const std::string bytes = MakeBody("web", "content").value();
  EXPECT_EQ(NameIn(bytes), "web");
  EXPECT_EQ(NameIn(bytes, 2), "content");
}

TEST(ResourceNameTest, SkipsEveryKindOfField) {
  // 3: varint 300; 4: fixed64; 5: fixed32; 1: "n"; 6: length-delimited.
  const std::string bytes(
      "\x18\xac\x02\x21\x01\x02\x03\x04\x05\x06\x07\x08\x2d\x01\x02\x03\x04\x0a\x01n\x32\x02zz",
      24);
  EXPECT_EQ(NameIn(bytes), "n");
}

TEST(ResourceNameTest, TheLastOneCounts) {
  EXPECT_EQ(NameIn(MakeBody("first").value() + MakeBody("second").value()), "second");
}

TEST(ResourceNameTest, AFieldOfAnotherWireTypeIsNoName) {
  EXPECT_EQ(NameIn(std::string("\x08\x07", 2)), "error: the resource has no name");
}

// O15
TEST(ResourceNameTest, RefusesOddNames) {
  EXPECT_EQ(NameIn(""), "error: the resource has no name");
  EXPECT_EQ(NameIn(MakeBody("a\nb").value()),
            "error: the resource's name \"a\\x0ab\" has control characters");
  EXPECT_EQ(NameIn(MakeBody(std::string("\0", 1)).value()),
            "error: the resource's name \"\\x00\" has control characters");
  EXPECT_EQ(NameIn(MakeBody(std::string(kMaxNameBytes, 'x')).value()),
            std::string(kMaxNameBytes, 'x'));
  EXPECT_EQ(NameIn(MakeBody(std::string(65536, 'x')).value()),
            "error: the resource's name has 65536 bytes, at most 4096 are allowed");
  EXPECT_EQ(NameIn(MakeBody("*").value()), "error: \"*\" means all resources, and is no name");
  EXPECT_EQ(
      NameIn(MakeBody("xdstp://a/b/c?k=v#x").value()),
      "error: \"xdstp://a/b/c?k=v#x\" names a resource of authority \"a\": xdstp:// names are "
      "not implemented");
  EXPECT_EQ(NameIn(MakeBody("xdstp:odd").value()),
            "error: \"xdstp:odd\" is no xdstp:// name: there is no // after xdstp:");
}

TEST(ResourceNameTest, RefusesWhatIsNoMessage) {
  for (const std::string& bytes :
       {std::string("\x0a"), std::string("\x0a\x05web"), std::string("\xff\xff\xff"),
        std::string("\x0b"), std::string("\x0c"), std::string("\x0f"),
        std::string("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01z"), std::string("\x09zz")}) {
    EXPECT_EQ(NameIn(bytes), "error: the resource is not a readable message");
  }
}

TEST(ResourceNameTest, AgreesWithProtobuf) {
  EXPECT_TRUE(rc::check("as protobuf reads it", [](const std::string& bytes) {
    envoy::config::core::v3::Locality message;  // fields 1, 2 and 3 are strings
    const auto name = ReadName(bytes, 1);
    if (name.ok() && message.ParseFromString(bytes)) RC_ASSERT(message.region() == *name);
  }));
  EXPECT_TRUE(rc::check("printable names survive", [] {
    const auto text = *rc::gen::container<std::string>(rc::gen::inRange<char>(0x20, 0x7f));
    RC_PRE(!text.empty() && text != "*");
    RC_ASSERT(NameIn(MakeBody(text, text).value()) == text);
  }));
}

}  // namespace
}  // namespace weir::xds
