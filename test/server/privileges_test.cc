#include "source/server/privileges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "source/net/listen_socket.h"

namespace weir::server {
namespace {

using testing::ExitedWithCode;
using testing::HasSubstr;

TEST(FindAccountTest, ByNameAndByNumber) {
  const auto root = FindAccount("root");
  ASSERT_TRUE(root.ok()) << root.status();
  EXPECT_EQ(root->name, "root");
  EXPECT_EQ(root->uid, 0u);
  EXPECT_EQ(root->gid, 0u);
  const auto nobody = FindAccount("nobody:root");
  ASSERT_TRUE(nobody.ok()) << nobody.status();
  EXPECT_NE(nobody->uid, 0u);
  EXPECT_EQ(nobody->gid, 0u);
  // As a container's user, which no file knows.
  const auto number = FindAccount("1234567");
  ASSERT_TRUE(number.ok()) << number.status();
  EXPECT_EQ(number->uid, 1234567u);
  EXPECT_EQ(number->gid, 1234567u);
  EXPECT_EQ(FindAccount("1234567:89")->gid, 89u);
}

TEST(FindAccountTest, WhoIsNotThereIsNamed) {
  EXPECT_THAT(FindAccount("no-such-user").status().message(), HasSubstr("\"no-such-user\""));
  EXPECT_THAT(FindAccount("root:no-such-group").status().message(), HasSubstr("\"no-such-group\""));
  EXPECT_THAT(FindAccount("").status().message(), HasSubstr("no user \"\""));
}

// What a process that did `work` says of itself: each in a child, because there is no way back.
class ChildTest : public testing::Test {
 protected:
  template <class Work>
  static void Check(Work work) {
    EXPECT_EXIT(std::exit(work() ? 0 : 1), ExitedWithCode(0), "");
  }
};

// P19
TEST_F(ChildTest, ACrashLeavesNoMemoryBehind) {
  Check([] {
    HardenProcess(false);
    rlimit core;
    return prctl(PR_GET_DUMPABLE) == 0 && getrlimit(RLIMIT_CORE, &core) == 0 &&
           core.rlim_cur == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
  });
  Check([] {
    HardenProcess(true);
    return prctl(PR_GET_DUMPABLE) == 1 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
  });
}

// P18
TEST_F(ChildTest, RootBecomesSomebodyElseForGood) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  const Account account = *FindAccount("nobody");
  Check([&] {
    return RunAs(account, false).ok() && getuid() == account.uid && geteuid() == account.uid &&
           getegid() == account.gid && setuid(0) != 0 && prctl(PR_GET_DUMPABLE) == 0;
  });
  // Ports below 1024 stay within reach; nothing else of root's does.
  Check([&] {
    if (!RunAs(account, true).ok() || prctl(PR_GET_DUMPABLE) != 1) return false;
    net::Address address = *net::Address::ParseIpPort("127.0.0.1:0");
    for (uint16_t port = 900; port < 950; ++port) {
      if (net::BindListenSocket(address.WithPort(port), {}).ok()) return access("/root", R_OK) != 0;
    }
    return false;
  });
}

TEST_F(ChildTest, WhoIsNotRootStaysWhoItIs) {
  if (geteuid() == 0) GTEST_SKIP() << "is root";
  Check([] { return RunAs({"", geteuid(), getegid()}, false).ok(); });
  Check([] { return absl::IsPermissionDenied(RunAs({"", geteuid() + 1, getegid()}, false)); });
}

}  // namespace
}  // namespace weir::server
