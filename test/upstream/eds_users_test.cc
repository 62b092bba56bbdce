#include "source/upstream/eds_users.h"

#include <gtest/gtest.h>

namespace weir::upstream {
namespace {

TEST(EdsUsers, ANameHasItsUsers) {
  EdsUsers<int> users;
  int a = 0, b = 0;
  users.Add("x", a);
  users.Add("x", b);
  users.Add("y", b);
  EXPECT_EQ(users.Of("x"), (std::vector<int*>{&a, &b}));
  users.Remove("x", a);
  EXPECT_EQ(users.Of("x"), (std::vector<int*>{&b}));
  users.Remove("x", b);
  EXPECT_TRUE(users.Of("x").empty());
  EXPECT_EQ(users.Of("y"), (std::vector<int*>{&b}));
}

TEST(EdsUsers, OneUserMayUseANameTwice) {
  EdsUsers<int> users;
  int a = 0;
  users.Add("x", a);
  users.Add("x", a);
  EXPECT_EQ(users.Of("x").size(), 1U);
  users.Remove("x", a);
  EXPECT_EQ(users.Of("x").size(), 1U);
  users.Remove("x", a);
  EXPECT_TRUE(users.Of("x").empty());
}

}  // namespace
}  // namespace weir::upstream
