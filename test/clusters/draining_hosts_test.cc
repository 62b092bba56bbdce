#include "source/clusters/draining_hosts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "test/balancing/host_fixture.h"

namespace weir::clusters {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SomeSlot final : public ClusterSlot {
 public:
  const std::string& name() const override { return name_; }
  upstream::LocalCluster* Here() override { return nullptr; }

 private:
  const std::string name_ = "web";
};

class DrainingHostsTest : public testing::Test {
 protected:
  static balancing::HostPtr MakeHost(int number, int connections) {
    balancing::HostPtr host = balancing::BuildSet({balancing::MakeEndpoint(number)})->hosts()[0];
    host->active_connections = connections;
    return host;
  }

  SomeSlot slot_, other_;
  DrainingHosts hosts_;
};

TEST_F(DrainingHostsTest, ShowsThoseInUseUntilTheyAreNot) {
  const balancing::HostPtr busy = MakeHost(1, 2), idle = MakeHost(2, 0), later = MakeHost(3, 1);
  hosts_.Note(slot_, {busy, idle});
  EXPECT_THAT(hosts_.Of(slot_), ElementsAre(busy));
  EXPECT_THAT(hosts_.Of(other_), IsEmpty());
  hosts_.Note(slot_, {later});
  EXPECT_THAT(hosts_.Of(slot_), ElementsAre(busy, later));
  busy->active_connections = 0;
  EXPECT_THAT(hosts_.Of(slot_), ElementsAre(later));
}

TEST_F(DrainingHostsTest, KeepsNoHostAlive) {
  balancing::HostPtr busy = MakeHost(1, 1);
  const std::weak_ptr<balancing::Host> watched = busy;
  hosts_.Note(slot_, {busy});
  busy.reset();
  EXPECT_TRUE(watched.expired());
  EXPECT_THAT(hosts_.Of(slot_), IsEmpty());
}

}  // namespace
}  // namespace weir::clusters
