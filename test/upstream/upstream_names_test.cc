#include "source/upstream/upstream_names.h"

#include <gtest/gtest.h>

namespace weir::upstream {
namespace {

class NameOfTest : public testing::Test {
 protected:
  std::string Name() { return std::string(NameOf(&head_, config_, buffer_)); }

  base::Arena arena_;
  http::RequestHead head_{arena_};
  HttpConfig config_;
  char buffer_[kMaxNameBytes + 8];
};

TEST_F(NameOfTest, IsTheHostWithoutThePort) {
  head_.authority = "Web.Example:8443";
  EXPECT_EQ(Name(), "web.example");
  head_.authority = "[2001:DB8::1]:443";
  EXPECT_EQ(Name(), "2001:db8::1");
  head_.authority = "10.0.0.1";
  EXPECT_EQ(Name(), "10.0.0.1");
}

TEST_F(NameOfTest, IsEmptyWhereThereIsNone) {
  EXPECT_EQ(NameOf(nullptr, config_, buffer_), "");
  EXPECT_EQ(Name(), "");
  head_.authority = "not a host";
  EXPECT_EQ(Name(), "");
  const std::string longest(kMaxNameBytes, 'a'), longer(kMaxNameBytes + 1, 'a');
  head_.authority = longest;
  EXPECT_EQ(Name(), longest);
  head_.authority = longer;
  EXPECT_EQ(Name(), "");
}

TEST_F(NameOfTest, HeaderComesFirst) {
  config_.host_header = "x-host";
  head_.authority = "web.example";
  EXPECT_EQ(Name(), "web.example");
  head_.headers.Add("x-host", "Other.example:1");
  EXPECT_EQ(Name(), "other.example");
}

TEST(IsIpAddress, TellsAddressesFromNames) {
  EXPECT_TRUE(IsIpAddress("10.0.0.1"));
  EXPECT_TRUE(IsIpAddress("::1"));
  EXPECT_FALSE(IsIpAddress("web.example"));
  EXPECT_FALSE(IsIpAddress(""));
}

}  // namespace
}  // namespace weir::upstream
