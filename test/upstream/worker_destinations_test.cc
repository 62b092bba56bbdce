#include "source/upstream/worker_destinations.h"

#include <gtest/gtest.h>

#include <string>

#include "source/base/arena.h"
#include "test/balancing/host_fixture.h"

namespace weir::upstream {
namespace {

using balancing::HostAddress;
using balancing::HostPtr;

constexpr std::string_view kHeader = "x-envoy-original-dst-host";

class WorkerDestinationsTest : public testing::Test {
 protected:
  WorkerDestinationsTest() {
    table_.SetStats(store_.AddGroup<balancing::DestinationStats>("cluster.web"));
    head_.authority = "10.0.0.9:90";
    context_.head = &head_;
  }
  // "ip:port" of the host; "none".
  std::string Host() {
    const HostPtr* const host = destinations_.HostFor(context_);
    return host == nullptr ? "none" : (*host)->address_text();
  }
  std::string ByHeader(std::string_view value) {
    http::RequestHead head(arena_);
    head.headers.Add(kHeader, value);
    context_.head = &head;
    return Host();
  }
  uint64_t invalid() const { return table_.stats().original_dst_host_invalid.value(); }

  base::Arena arena_;
  http::RequestHead head_{arena_};
  stats::Store store_;
  balancing::DestinationTable table_{2};
  DestinationConfig config_;
  WorkerDestinations destinations_{config_, table_};
  balancing::PickContext context_;
  const net::Address original_ = HostAddress(1);
};

TEST_F(WorkerDestinationsTest, GoesWhereTheConnectionWasGoing) {
  EXPECT_EQ(Host(), "none");
  context_.original_destination = &original_;
  EXPECT_EQ(Host(), "10.0.0.1:80");
  context_.head = nullptr;
  EXPECT_EQ(Host(), "10.0.0.1:80") << "TCP";
  EXPECT_EQ(invalid(), 0U);
}

TEST_F(WorkerDestinationsTest, AHeaderCountsWhereTheClusterGoesByIt) {
  context_.original_destination = &original_;
  EXPECT_EQ(ByHeader("10.0.0.2:8080"), "10.0.0.1:80");
  config_.header = std::string(kHeader);
  EXPECT_EQ(ByHeader("10.0.0.2:8080"), "10.0.0.2:8080");
  context_.head = &head_;
  EXPECT_EQ(Host(), "10.0.0.1:80") << "a request without it";
  config_.header = ":authority";
  EXPECT_EQ(Host(), "none") << "the third, of two";
  EXPECT_EQ(table_.stats().original_dst_host_overflow.value(), 1U);
  head_.authority = "10.0.0.2:8080";
  EXPECT_EQ(Host(), "10.0.0.2:8080");
}

TEST_F(WorkerDestinationsTest, IPv6HasBrackets) {
  config_.header = std::string(kHeader);
  EXPECT_EQ(ByHeader("[2001:db8::1]:443"), "[2001:db8::1]:443");
}

TEST_F(WorkerDestinationsTest, WhatIsNoAddressGoesNowhere) {
  context_.original_destination = &original_;
  config_.header = std::string(kHeader);
  const char* const values[] = {"",
                                "10.0.0.1",
                                "10.0.0.1:",
                                "10.0.0.1:0",
                                "host:80",
                                "10.0.0.1:80 ",
                                "[fe80::1%lo]:80",
                                "::1:80",
                                "10.0.0.1:80000"};
  for (const char* const value : values) EXPECT_EQ(ByHeader(value), "none") << value;
  EXPECT_EQ(invalid(), std::size(values));
}

TEST_F(WorkerDestinationsTest, ThePortCanBeAnother) {
  config_.port = 9000;
  config_.header = std::string(kHeader);
  context_.original_destination = &original_;
  EXPECT_EQ(Host(), "10.0.0.1:9000");
  EXPECT_EQ(ByHeader("10.0.0.2:0"), "10.0.0.2:9000");
  EXPECT_EQ(invalid(), 0U);
}

TEST_F(WorkerDestinationsTest, EachUseIsMarked) {
  const balancing::DestinationHostPtr host = table_.Get(original_);
  EXPECT_EQ(*destinations_.HostAt(original_), host);
  ASSERT_TRUE(host->Rest());
  EXPECT_EQ(*destinations_.HostAt(original_), host);
  EXPECT_FALSE(host->TryRetire());
}

TEST_F(WorkerDestinationsTest, OneThatIsRetiredIsNotUsedAgain) {
  const balancing::DestinationHostPtr host = table_.Get(original_);
  EXPECT_EQ(*destinations_.HostAt(original_), host);
  ASSERT_TRUE(host->Rest() && host->TryRetire());
  const HostPtr heir = *destinations_.HostAt(original_);
  EXPECT_NE(heir, host);
  EXPECT_EQ(heir->address(), original_);
  destinations_.Forget({host});
  EXPECT_EQ(*destinations_.HostAt(original_), heir) << "word of the one before comes late";
  std::weak_ptr<balancing::Host> watched = heir;
  destinations_.Forget({heir});
  EXPECT_EQ(watched.use_count(), 3) << "ours, the table's, and main has not asked yet";
}

TEST_F(WorkerDestinationsTest, WhatCannotBeHadIsNotKept) {
  table_.Get(HostAddress(5));
  table_.Get(HostAddress(6));
  EXPECT_EQ(destinations_.HostAt(original_), nullptr);
  table_.Remove({HostPtr(table_.Get(HostAddress(5)))});
  EXPECT_NE(destinations_.HostAt(original_), nullptr);
}

}  // namespace
}  // namespace weir::upstream
