#include "source/http2/session_memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "test/http2/frames.h"
#include "test/http2/harness.h"

namespace weir::http2 {
namespace {

bool IsResident(void* page) {
  unsigned char state = 0;
  EXPECT_EQ(mincore(page, SessionMemory::kTableBytes, &state), 0);
  return (state & 1) != 0;
}

// What nghttp2 does with the hooks, by hand.
struct FakeSession {
  FakeSession() {
    table = static_cast<char*>(hooks.calloc(1, SessionMemory::kTableBytes, &memory));
    frame_buffer = static_cast<char*>(hooks.realloc(nullptr, 16'394, &memory));
    memory.EndCreation();
  }
  ~FakeSession() {
    hooks.free(table, &memory);
    hooks.free(frame_buffer, &memory);
  }

  SessionMemory memory;
  nghttp2_mem hooks = memory.Hooks();
  char* table;
  char* frame_buffer;
};

// Each test has a thread of its own, and so its own pages.
void OnAThread(void (*test)()) { std::thread(test).join(); }

TEST(SessionMemoryTest, SessionsOfAThreadShareOneFrameBuffer) {
  OnAThread([] {
    FakeSession one, two;
    EXPECT_EQ(one.frame_buffer, two.frame_buffer);
    EXPECT_NE(one.table, two.table);
  });
}

TEST(SessionMemoryTest, TablesOfTheLongestIdleAreGivenBackWhenOthersComeAndReadAsZeros) {
  OnAThread([] {
    FakeSession idle, busy;
    std::memset(idle.table, 1, SessionMemory::kTableBytes);
    std::memset(idle.table, 0, SessionMemory::kTableBytes);
    busy.table[7] = 1;
    idle.memory.OnNoStreams();
    EXPECT_TRUE(IsResident(idle.table));
    FakeSession third;
    EXPECT_FALSE(IsResident(idle.table));
    EXPECT_TRUE(IsResident(busy.table));
    EXPECT_EQ(idle.table[9], 0);
  });
}

TEST(SessionMemoryTest, ATableThatHoldsSomethingStays) {
  OnAThread([] {
    FakeSession idle;
    idle.table[SessionMemory::kTableBytes - 1] = 1;
    idle.memory.OnNoStreams();
    FakeSession other;
    EXPECT_EQ(idle.table[SessionMemory::kTableBytes - 1], 1);
    EXPECT_TRUE(IsResident(idle.table));
  });
}

TEST(SessionMemoryTest, ASessionThatIsBusyAgainKeepsItsTable) {
  OnAThread([] {
    FakeSession session;
    std::memset(session.table, 0, SessionMemory::kTableBytes);
    session.memory.OnNoStreams();
    session.memory.OnFirstStream();
    FakeSession other;
    EXPECT_TRUE(IsResident(session.table));
  });
}

TEST(SessionMemoryTest, ATableThatIsUsedAgainIsAllZeros) {
  OnAThread([] {
    char* table = nullptr;
    {
      FakeSession session;
      table = session.table;
      std::memset(table, 1, SessionMemory::kTableBytes);
    }
    FakeSession session;
    ASSERT_EQ(session.table, table);
    for (size_t i = 0; i < SessionMemory::kTableBytes; ++i) ASSERT_EQ(table[i], 0);
  });
}

TEST(SessionMemoryTest, OtherBlocksAreTheHeaps) {
  OnAThread([] {
    FakeSession session;
    const nghttp2_mem& hooks = session.hooks;
    void* const table = hooks.calloc(1, SessionMemory::kTableBytes, &session.memory);
    EXPECT_NE(table, session.table);  // the session is made
    hooks.free(table, &session.memory);
    void* buffer = hooks.realloc(nullptr, 16'394, &session.memory);
    EXPECT_NE(buffer, session.frame_buffer);
    buffer = hooks.realloc(buffer, 40'000, &session.memory);
    hooks.free(buffer, &session.memory);
    hooks.free(nullptr, &session.memory);
  });
}

TEST(SessionMemoryTest, WhatIsGrownBecomesAnOrdinaryBlock) {
  OnAThread([] {
    FakeSession session;
    session.frame_buffer[3] = 'x';
    session.frame_buffer =
        static_cast<char*>(session.hooks.realloc(session.frame_buffer, 40'000, &session.memory));
    EXPECT_EQ(session.frame_buffer[3], 'x');
    FakeSession other;
    EXPECT_NE(other.frame_buffer, session.frame_buffer);
  });
}

// With nghttp2 itself: connections take turns, and none finds another's bytes in its frames.
TEST(SessionMemoryTest, ConnectionsThatTakeTurnsStayWhole) {
  std::vector<std::unique_ptr<Server>> servers;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 8; ++i) {
    servers.push_back(std::make_unique<Server>());
    clients.push_back(std::make_unique<Client>());
  }
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 8; ++i) {
      SeenResponse& response = clients[i]->Request("GET", "/" + std::to_string(i));
      Exchange(*clients[i], *servers[i], 1 + round * 7);
      EXPECT_EQ(response.body, "ok");
      EXPECT_EQ(servers[i]->last().path, "/" + std::to_string(i));
    }
    servers.push_back(std::make_unique<Server>());  // tables of idle ones go
  }
}

}  // namespace
}  // namespace weir::http2
