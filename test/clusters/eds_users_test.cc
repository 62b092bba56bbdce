#include "source/clusters/eds_users.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace weir::clusters {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

struct User {
  std::string name;
  std::string_view eds_name() const { return name; }
};

TEST(EdsUsers, ANameHasItsUsers) {
  EdsUsers<User> users;
  User a{"x"}, b{"x"}, c{"y"}, d{"xx"};
  for (User* user : {&d, &c, &b, &a}) users.Add(*user);
  EXPECT_THAT(users.Of("x"), UnorderedElementsAre(&a, &b));
  users.Remove(a);
  EXPECT_THAT(users.Of("x"), ElementsAre(&b));
  users.Remove(b);
  EXPECT_THAT(users.Of("x"), IsEmpty());
  EXPECT_THAT(users.Of("y"), ElementsAre(&c));
  EXPECT_THAT(users.Of("xx"), ElementsAre(&d));
  EXPECT_THAT(users.Of(""), IsEmpty());
}

}  // namespace
}  // namespace weir::clusters
