#include "source/restart/handover.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <future>
#include <string>
#include <vector>

#include "source/base/thread.h"
#include "source/net/listen_socket.h"
#include "source/restart/predecessor.h"
#include "test/support/temporary_folder.h"

namespace weir::restart {
namespace {

using testing::HasSubstr;

struct FakeOwner final : Handover::Owner {
  LentSockets LendSockets(std::string_view listener, const net::Address& address) override {
    asked.push_back(std::string(listener) + " " + address.ToString());
    return lends;
  }
  void TakeBackSockets() override { ++taken_back; }
  void StepDown() override { ++stepped_down; }

  LentSockets lends;
  std::vector<std::string> asked;
  int taken_back = 0, stepped_down = 0;
};

// The process that serves is this thread; its successors are others.
class HandoverTest : public testing::Test {
 protected:
  HandoverTest() { Serve(3); }

  void Serve(uint64_t epoch) {
    auto handover = Handover::Serve(loop_, path_, epoch, owner_);
    ASSERT_TRUE(handover.ok()) << handover.status();
    handover_ = *std::move(handover);
  }
  // What `work` of another process returns.
  template <class Work>
  auto Elsewhere(Work work) {
    auto result = std::async(std::launch::async, [&] {
      event::Loop loop("successor", base::kNoThread);
      return work(loop);
    });
    while (result.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
      loop_.RunReady();
    }
    return result.get();
  }
  absl::StatusOr<std::unique_ptr<Predecessor>> Find(event::Loop& loop) {
    return Predecessor::Find(loop, path_, "test", geteuid());
  }
  void Settle() {
    for (int i = 0; i < 10; ++i) loop_.RunReady();
  }

  event::Loop loop_{"main", base::kMainThread};
  const test::TemporaryFolder folder_;
  const std::string path_ = folder_.path + "/restart.sock";
  FakeOwner owner_;
  std::unique_ptr<Handover> handover_;
};

TEST_F(HandoverTest, NobodyIsThere) {
  handover_.reset();
  event::Loop loop("successor", base::kNoThread);
  auto found = Find(loop);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(*found, nullptr);
  // What a process that was killed left behind.
  {
    const base::Descriptor dead(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    const auto address = net::Address::Pipe(path_);
    ASSERT_EQ(bind(dead.get(), address->raw(), address->size()), 0);
  }
  found = Find(loop);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(*found, nullptr);
  Serve(0);
}

TEST_F(HandoverTest, OnlyTheOwnerMayConnect) {
  struct stat file;
  ASSERT_EQ(stat(path_.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600u);
  handover_.reset();
  EXPECT_NE(stat(path_.c_str(), &file), 0);
}

TEST_F(HandoverTest, SocketsAreTakenAndTheProcessTakenOverFrom) {
  const base::Descriptor socket(
      *net::BindListenSocket(*net::Address::ParseIpPort("127.0.0.1:0"), {}));
  const net::Address bound = *net::BoundAddress(socket.get());
  owner_.lends = {{socket.get()}, true};
  Elsewhere([&](event::Loop& loop) {
    auto found = Find(loop);
    EXPECT_TRUE(found.ok() && *found != nullptr);
    Predecessor& predecessor = **found;
    EXPECT_EQ(predecessor.epoch(), 3u);
    EXPECT_EQ(predecessor.pid(), getpid());
    TakenSockets taken = predecessor.Take("http", bound);
    EXPECT_EQ(taken.descriptors.size(), 1u);
    EXPECT_TRUE(taken.outlive_us);
    EXPECT_EQ(*net::BoundAddress(taken.descriptors[0].get()), bound);
    predecessor.TakeOver([&] { loop.Stop(); });
    loop.Run();
    return true;
  });
  EXPECT_THAT(owner_.asked, testing::ElementsAre("http " + bound.ToString()));
  EXPECT_EQ(owner_.stepped_down, 1);
  Settle();
  EXPECT_EQ(owner_.taken_back, 0);
  // Until the successor serves at the path itself.
  const std::string refused =
      Elsewhere([&](event::Loop& loop) { return std::string(Find(loop).status().message()); });
  EXPECT_THAT(refused, HasSubstr("has a successor already"));
}

// Its successor puts a socket there at about the time when it ends, and must not lose it.
TEST_F(HandoverTest, OneThatHasSteppedDownLeavesThePathAlone) {
  Elsewhere([&](event::Loop& loop) {
    const auto found = Find(loop);
    (*found)->TakeOver([&] { loop.Stop(); });
    loop.Run();
    return true;
  });
  ASSERT_EQ(owner_.stepped_down, 1);
  handover_.reset();
  struct stat file;
  EXPECT_EQ(stat(path_.c_str(), &file), 0);
  Serve(4);
  EXPECT_EQ(Elsewhere([&](event::Loop& loop) { return (*Find(loop))->epoch(); }), 4u);
}

// P06
TEST_F(HandoverTest, OneThatGoesAwayChangesNothing) {
  Elsewhere([&](event::Loop& loop) {
    (*Find(loop))->Take("http", *net::Address::ParseIpPort("127.0.0.1:80"));
    return true;
  });
  Settle();
  EXPECT_EQ(owner_.taken_back, 1);
  EXPECT_EQ(owner_.stepped_down, 0);
  EXPECT_TRUE(Elsewhere([&](event::Loop& loop) { return Find(loop).ok(); }));
}

TEST_F(HandoverTest, OneAtATime) {
  const std::string refused = Elsewhere([&](event::Loop& loop) {
    const auto first = Find(loop);
    EXPECT_TRUE(first.ok());
    return std::string(Find(loop).status().message());
  });
  EXPECT_THAT(refused, HasSubstr("is being taken over from already"));
  Settle();
  EXPECT_TRUE(Elsewhere([&](event::Loop& loop) { return Find(loop).ok(); }));
}

// P07
TEST_F(HandoverTest, APredecessorThatDiesHasNothingMore) {
  Elsewhere([&](event::Loop& loop) {
    auto found = Find(loop);
    loop_.Post([this] { handover_.reset(); });
    const net::Address address = *net::Address::ParseIpPort("127.0.0.1:80");
    EXPECT_TRUE((*found)->Take("http", address).descriptors.empty());
    EXPECT_TRUE((*found)->Take("http", address).descriptors.empty());
    (*found)->TakeOver([&] { loop.Stop(); });
    loop.Run();
    return true;
  });
  EXPECT_EQ(owner_.stepped_down, 0);
}

// P10
TEST_F(HandoverTest, AnotherProtocolIsRefused) {
  const auto answer = Elsewhere([&](event::Loop&) {
    const base::Descriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    const auto address = net::Address::Pipe(path_);
    EXPECT_EQ(connect(socket.get(), address->raw(), address->size()), 0);
    EXPECT_TRUE(SendPacket(socket.get(), {kHello, "99", "9.9.9"}).ok());
    return ReceivePacket(socket.get())->fields;
  });
  ASSERT_EQ(answer.size(), 2u);
  EXPECT_EQ(answer[0], kRefused);
  EXPECT_THAT(answer[1], HasSubstr("version 9.9.9 protocol 99"));
}

TEST_F(HandoverTest, NonsenseEndsTheConversation) {
  Elsewhere([&](event::Loop&) {
    for (const std::string_view nonsense : {"live", "take", "", "hello"}) {
      const base::Descriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
      const auto address = net::Address::Pipe(path_);
      EXPECT_EQ(connect(socket.get(), address->raw(), address->size()), 0);
      EXPECT_TRUE(SendPacket(socket.get(), {nonsense}).ok());
      EXPECT_TRUE(absl::IsNotFound(ReceivePacket(socket.get()).status()));
    }
    return true;
  });
  EXPECT_EQ(owner_.stepped_down, 0);
  EXPECT_TRUE(Elsewhere([&](event::Loop& loop) { return Find(loop).ok(); }));
}

TEST_F(HandoverTest, TheNewestHasThePath) {
  const std::unique_ptr<Handover> older = std::move(handover_);
  Serve(4);
  EXPECT_EQ(Elsewhere([&](event::Loop& loop) { return (*Find(loop))->epoch(); }), 4u);
}

TEST_F(HandoverTest, APathThatCannotBeHad) {
  const auto nowhere = Handover::Serve(loop_, "/no/such/folder/restart.sock", 0, owner_);
  EXPECT_THAT(nowhere.status().message(), HasSubstr("/no/such/folder/restart.sock"));
}

}  // namespace
}  // namespace weir::restart
