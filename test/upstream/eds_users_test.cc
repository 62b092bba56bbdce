#include "source/upstream/eds_users.h"

#include <gtest/gtest.h>

#include "source/base/thread.h"

namespace weir::upstream {
namespace {

TEST(EdsUsers, NamesAreThoseInUse) {
  event::Loop loop("test", base::kMainThread);
  EdsUsers<int> users(loop);
  int a = 0, b = 0;
  users.Add("x", a);
  users.Add("x", b);
  users.Add("y", b);
  EXPECT_EQ(users.Of("x"), (std::vector<int*>{&a, &b}));
  EXPECT_EQ(users.Names().size(), 2U);
  users.Remove("x", a);
  EXPECT_EQ(users.Of("x"), (std::vector<int*>{&b}));
  users.Remove("x", b);
  EXPECT_TRUE(users.Of("x").empty());
  EXPECT_EQ(users.Names(), (std::vector<std::string>{"y"}));
  loop.RunReady();
}

TEST(EdsUsers, OneUserMayUseANameTwice) {
  event::Loop loop("test", base::kMainThread);
  EdsUsers<int> users(loop);
  int a = 0;
  users.Add("x", a);
  users.Add("x", a);
  EXPECT_EQ(users.Of("x").size(), 1U);
  users.Remove("x", a);
  EXPECT_EQ(users.Of("x").size(), 1U);
  users.Remove("x", a);
  EXPECT_TRUE(users.Names().empty());
}

TEST(EdsUsers, TellsOnceATurnThatNamesChanged) {
  event::Loop loop("test", base::kMainThread);
  EdsUsers<int> users(loop);
  int told = 0, a = 0, b = 0;
  users.SetChanged([&] { ++told; });
  for (int i = 0; i < 100; ++i) users.Add(std::to_string(i), a);
  EXPECT_EQ(told, 0);
  loop.RunReady();
  EXPECT_EQ(told, 1);
  users.Add("0", b);
  users.Remove("0", a);
  loop.RunReady();
  EXPECT_EQ(told, 1) << "the same names";
  users.Remove("0", b);
  loop.RunReady();
  EXPECT_EQ(told, 2);
}

}  // namespace
}  // namespace weir::upstream
