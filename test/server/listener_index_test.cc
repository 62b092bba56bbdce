#include "source/server/listener_index.h"

#include "test/server/listener_fixture.h"

namespace weir::server {
namespace {

// Listeners are known by their addresses only: nothing looks into them.
class ListenerIndexTest : public ListenerFixture {
 protected:
  ActiveListener& Listener(size_t number) {
    return *reinterpret_cast<ActiveListener*>(&places_[number]);
  }
  void Add(size_t number, std::initializer_list<const char*> addresses, bool v6_only = true) {
    auto config = Config({});
    config->addresses.clear();
    config->socket.v6_only = v6_only;
    for (const char* address : addresses) config->addresses.push_back(At(address));
    index_.Add(*config, Listener(number));
  }
  static net::Address At(const char* address) { return *net::Address::ParseIpPort(address); }
  const ActiveListener* Find(const char* address) { return index_.Find(At(address)); }

  char places_[4] = {};
  ListenerIndex index_;
};

TEST_F(ListenerIndexTest, TheVeryAddressBeforeAnyAddress) {
  Add(0, {"0.0.0.0:80", "10.0.0.1:81"});
  Add(1, {"10.0.0.1:80"});
  Add(2, {"[::]:80"});
  EXPECT_EQ(Find("10.0.0.1:80"), &Listener(1));
  EXPECT_EQ(Find("10.0.0.1:81"), &Listener(0));
  EXPECT_EQ(Find("10.0.0.2:80"), &Listener(0));
  EXPECT_EQ(Find("[2001:db8::1]:80"), &Listener(2));
  EXPECT_EQ(Find("10.0.0.2:81"), nullptr);
}

TEST_F(ListenerIndexTest, ADualStackListenerTakesBoth) {
  Add(0, {"[::]:80"}, false);
  EXPECT_EQ(Find("10.0.0.2:80"), &Listener(0));
  EXPECT_EQ(Find("[::1]:80"), &Listener(0));
  Add(1, {"0.0.0.0:80"});
  EXPECT_EQ(Find("10.0.0.2:80"), &Listener(1));
}

TEST_F(ListenerIndexTest, WhatIsRemovedIsNotFound) {
  Add(0, {"0.0.0.0:80", "10.0.0.1:81"});
  Add(1, {"10.0.0.1:80"});
  index_.Remove(Listener(0));
  EXPECT_EQ(Find("10.0.0.1:81"), nullptr);
  EXPECT_EQ(Find("10.0.0.1:80"), &Listener(1));
}

TEST_F(ListenerIndexTest, APortThatIsNotKnownIsNoAddress) {
  Add(0, {"10.0.0.1:0"});
  EXPECT_EQ(Find("10.0.0.1:0"), nullptr);
}

}  // namespace
}  // namespace weir::server
