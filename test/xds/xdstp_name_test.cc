#include "source/xds/xdstp_name.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <string>

namespace weir::xds {
namespace {

std::string ErrorOf(std::string_view name) {
  const auto parsed = ParseXdstpName(name);
  return parsed.ok() ? "" : std::string(parsed.status().message());
}

TEST(XdstpNameTest, TakesANameApart) {
  const auto name = ParseXdstpName("xdstp://a.example/envoy.T/some/id?z=1&k=a%20b#alt=x,entry=y");
  ASSERT_TRUE(name.ok()) << name.status();
  EXPECT_EQ(name->authority, "a.example");
  EXPECT_EQ(name->type, "envoy.T");
  EXPECT_EQ(name->id, "some/id");
  EXPECT_EQ(name->parameters, (std::map<std::string, std::string>{{"k", "a b"}, {"z", "1"}}));
  EXPECT_EQ(name->directives, "alt=x,entry=y");
}

TEST(XdstpNameTest, AnAuthorityMayBeEmptyAndAnIdAGlob) {
  const auto name = ParseXdstpName("xdstp:///T/%61/*");
  ASSERT_TRUE(name.ok()) << name.status();
  EXPECT_EQ(name->authority, "");
  EXPECT_EQ(name->id, "a/*");
}

TEST(XdstpNameTest, SaysWhatIsWrong) {
  EXPECT_FALSE(IsXdstpName("web"));
  EXPECT_FALSE(IsXdstpName("XDSTP://a/b/c"));
  EXPECT_TRUE(IsXdstpName("xdstp:odd"));
  EXPECT_EQ(ErrorOf("web"), "it does not begin with xdstp:");
  EXPECT_EQ(ErrorOf("xdstp:odd"), "there is no // after xdstp:");
  EXPECT_EQ(ErrorOf("xdstp://"), "it has no resource type");
  EXPECT_EQ(ErrorOf("xdstp://a"), "it has no resource type");
  EXPECT_EQ(ErrorOf("xdstp://a//id"), "it has no resource type");
  EXPECT_EQ(ErrorOf("xdstp://a/T"), "it has no resource after the type");
  EXPECT_EQ(ErrorOf("xdstp://a/T/"), "it has no resource after the type");
  EXPECT_EQ(ErrorOf("xdstp://a/T/id?k"), "a context parameter is not KEY=VALUE");
  EXPECT_EQ(ErrorOf("xdstp://a/T/id?=v"), "a context parameter is not KEY=VALUE");
  EXPECT_EQ(ErrorOf("xdstp://a/T/id?k=1&k=2"), "context parameter \"k\" is there twice");
  for (const char* broken : {"xdstp://%/T/id", "xdstp://a/%4/id", "xdstp://a/T/%zz",
                             "xdstp://a/T/id?%=1", "xdstp://a/T/id?k=%1"}) {
    EXPECT_EQ(ErrorOf(broken), "its percent-encoding is broken") << broken;
  }
}

TEST(XdstpNameTest, AnythingIsTakenOrRefused) {
  EXPECT_TRUE(rc::check("no text is too odd", [](const std::string& text) {
    const auto name = ParseXdstpName("xdstp://" + text);
    if (name.ok()) RC_ASSERT(!name->type.empty() && !name->id.empty());
  }));
}

}  // namespace
}  // namespace weir::xds
