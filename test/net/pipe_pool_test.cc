#include "source/net/pipe_pool.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>
#include <vector>

namespace weir::net {
namespace {

bool IsOpen(int fd) { return fcntl(fd, F_GETFD) >= 0; }

TEST(PipePoolTest, PipesAreNonBlockingAndWide) {
  PipePool pool;
  const PipePair pipe = pool.Take();
  ASSERT_TRUE(pipe.is_open());
  EXPECT_TRUE(fcntl(pipe.read_fd, F_GETFL) & O_NONBLOCK);
  EXPECT_TRUE(fcntl(pipe.write_fd, F_GETFL) & O_NONBLOCK);
  EXPECT_TRUE(fcntl(pipe.write_fd, F_GETFD) & FD_CLOEXEC);
  EXPECT_GE(fcntl(pipe.write_fd, F_GETPIPE_SZ), 64 * 1024);
  pool.Give(pipe);
}

TEST(PipePoolTest, GivesTheSamePipeAgain) {
  PipePool pool;
  const PipePair first = pool.Take();
  pool.Give(first);
  EXPECT_EQ(pool.kept(), 1u);
  const PipePair second = pool.Take();
  EXPECT_EQ(first.read_fd, second.read_fd);
  EXPECT_EQ(pool.kept(), 0u);
  pool.Give(second);
}

TEST(PipePoolTest, KeepsABoundedNumber) {
  PipePool pool;
  std::vector<PipePair> pipes;
  for (size_t i = 0; i < PipePool::kMaxKept + 3; ++i) pipes.push_back(pool.Take());
  for (const PipePair& pipe : pipes) pool.Give(pipe);
  EXPECT_EQ(pool.kept(), PipePool::kMaxKept);
  EXPECT_FALSE(IsOpen(pipes.back().read_fd));
  EXPECT_FALSE(IsOpen(pipes.back().write_fd));
}

TEST(PipePoolTest, AThreadsPipesEndWithIt) {
  PipePair pipe;
  std::thread([&pipe] {
    pipe = PipePool::OfThread().Take();
    PipePool::OfThread().Give(pipe);
    EXPECT_TRUE(IsOpen(pipe.read_fd));
  }).join();
  EXPECT_FALSE(IsOpen(pipe.read_fd));
  EXPECT_FALSE(IsOpen(pipe.write_fd));
}

}  // namespace
}  // namespace weir::net
