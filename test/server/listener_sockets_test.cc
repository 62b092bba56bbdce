#include "source/server/listener_sockets.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <map>
#include <set>
#include <string>

namespace weir::server {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

ino_t InodeOf(int fd) {
  struct stat file;
  return fstat(fd, &file) == 0 ? file.st_ino : 0;
}

// Hands out copies of what other sockets listen on.
struct FakeSource final : restart::SocketSource {
  restart::TakenSockets Take(std::string_view, const net::Address& address) override {
    restart::TakenSockets taken;
    taken.outlive_us = outlive_us;
    for (const int fd : sockets) {
      if (*net::BoundAddress(fd) == address) taken.descriptors.emplace_back(dup(fd));
    }
    return taken;
  }
  std::vector<int> sockets;
  bool outlive_us = false;
};

class ListenerSocketsTest : public testing::Test {
 protected:
  ListenerSocketsTest() { config_.addresses = {*net::Address::ParseIpPort("127.0.0.1:0")}; }

  std::unique_ptr<ListenerSockets> Bind(size_t workers, restart::SocketSource* source = nullptr) {
    return ListenerSockets::Bind(config_, {workers, source, false}, faults_);
  }
  // The distinct sockets of each worker, which is all of them.
  std::vector<std::set<ino_t>> Hand(ListenerSockets& sockets, size_t workers) {
    std::vector<std::set<ino_t>> inodes;
    for (size_t i = 0; i < workers; ++i) {
      inodes.emplace_back();
      for (const int fd : sockets.HandToWorker(i, config_)) {
        inodes.back().insert(InodeOf(fd));
        opened_.emplace_back(fd);
      }
    }
    return inodes;
  }
  static size_t Distinct(const std::vector<std::set<ino_t>>& by_worker) {
    std::set<ino_t> all;
    for (const auto& of_worker : by_worker) all.insert(of_worker.begin(), of_worker.end());
    return all.size();
  }

  ListenerConfig config_;
  config::Faults faults_{"test"};
  std::vector<base::Descriptor> opened_;
};

TEST_F(ListenerSocketsTest, OneForEachWorkerOnOnePort) {
  const auto sockets = Bind(3);
  ASSERT_NE(sockets, nullptr);
  ASSERT_THAT(sockets->addresses(), SizeIs(1));
  EXPECT_NE(sockets->addresses()[0].port(), 0);
  EXPECT_EQ(Distinct(Hand(*sockets, 3)), 3u);
  EXPECT_FALSE(sockets->are_shared());
}

TEST_F(ListenerSocketsTest, OneForAllWithoutReusePort) {
  config_.socket.reuse_port = false;
  const auto sockets = Bind(3);
  ASSERT_NE(sockets, nullptr);
  EXPECT_EQ(Distinct(Hand(*sockets, 3)), 1u);
}

TEST_F(ListenerSocketsTest, APortOfSomebodyElseIsAFault) {
  const auto first = Bind(1);
  Hand(*first, 1);
  config_.addresses = first->addresses();
  EXPECT_EQ(Bind(1), nullptr);
  EXPECT_FALSE(faults_.ok());
}

TEST_F(ListenerSocketsTest, LendsWhatIsBoundThereOrIsCalledSo) {
  const auto sockets = Bind(2);
  const net::Address bound = sockets->addresses()[0];
  EXPECT_THAT(sockets->Lend(false, bound).descriptors, SizeIs(2));
  EXPECT_TRUE(sockets->are_shared());
  sockets->TakeBack();
  EXPECT_FALSE(sockets->are_shared());
  EXPECT_THAT(sockets->Lend(true, bound.WithPort(0)).descriptors, SizeIs(2));
  sockets->TakeBack();
  EXPECT_THAT(sockets->Lend(false, bound.WithPort(0)).descriptors, IsEmpty());
  EXPECT_THAT(sockets->Lend(true, bound.WithPort(1)).descriptors, IsEmpty());
  EXPECT_THAT(sockets->Lend(true, *net::Address::ParseIpPort("127.0.0.2:0")).descriptors,
              IsEmpty());
  EXPECT_FALSE(sockets->are_shared());
}

// P08: whatever the numbers of workers before and now, every socket is some worker's, and every
// worker has one.
TEST_F(ListenerSocketsTest, InheritedSocketsAreAllUsed) {
  for (const auto& [before, now] : {std::pair<size_t, size_t>(3, 3), {4, 1}, {4, 3}, {1, 3}}) {
    config_.addresses = {*net::Address::ParseIpPort("127.0.0.1:0")};
    const auto old = Bind(before);
    FakeSource source;
    source.sockets = old->Lend(false, old->addresses()[0]).descriptors;
    config_.addresses = old->addresses();
    const auto sockets = Bind(now, &source);
    ASSERT_NE(sockets, nullptr) << faults_.ToString();
    EXPECT_EQ(sockets->addresses(), old->addresses());
    std::set<ino_t> inherited;
    for (const int fd : source.sockets) inherited.insert(InodeOf(fd));
    const auto by_worker = Hand(*sockets, now);
    for (const auto& of_worker : by_worker) {
      EXPECT_THAT(of_worker, testing::Not(IsEmpty()));
      for (const ino_t inode : of_worker) inherited.erase(inode);
    }
    EXPECT_THAT(inherited, IsEmpty());
    EXPECT_EQ(Distinct(by_worker), std::max(before, now));
    opened_.clear();
  }
}

TEST_F(ListenerSocketsTest, WhatTheSupervisorKeepsIsSharedByAll) {
  config_.socket.reuse_port = false;
  const auto old = Bind(1);
  FakeSource source;
  source.outlive_us = true;
  source.sockets = old->Lend(false, old->addresses()[0]).descriptors;
  config_.addresses = old->addresses();
  config_.socket.reuse_port = true;
  const auto sockets = Bind(3, &source);
  ASSERT_NE(sockets, nullptr) << faults_.ToString();
  EXPECT_TRUE(sockets->are_shared());
  EXPECT_EQ(Distinct(Hand(*sockets, 3)), 1u);
  EXPECT_TRUE(sockets->Lend(false, old->addresses()[0]).outlive_us);
}

TEST_F(ListenerSocketsTest, WithoutWorkersNothingIsBound) {
  const auto sockets = Bind(0);
  ASSERT_NE(sockets, nullptr);
  EXPECT_EQ(sockets->addresses(), config_.addresses);
  EXPECT_THAT(sockets->Lend(true, config_.addresses[0]).descriptors, IsEmpty());
}

}  // namespace
}  // namespace weir::server
