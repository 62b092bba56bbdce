#include "source/server/signals.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "source/base/thread.h"

namespace weir::server {
namespace {

TEST(SignalsTest, BecomeEventsOfTheLoop) {
  Signals::Block();
  event::Loop loop("test", base::kMainThread);
  int terminated = 0, interrupted = 0, reopened = 0;
  Signals signals(loop, {[&] { ++terminated; }, [&] { ++interrupted; }, [&] { ++reopened; }});
  loop.RunReady();
  EXPECT_EQ(terminated + interrupted + reopened, 0);
  for (const int signal : {SIGTERM, SIGUSR1, SIGINT, SIGHUP}) kill(getpid(), signal);
  loop.RunReady();
  EXPECT_EQ(terminated, 1);
  EXPECT_EQ(interrupted, 1);
  EXPECT_EQ(reopened, 1);
  kill(getpid(), SIGTERM);
  loop.RunReady();
  EXPECT_EQ(terminated, 2);
}

TEST(SignalsTest, AWriteToAClosedPipeDoesNotKill) {
  Signals::Block();
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  EXPECT_EQ(write(ends[1], "x", 1), -1);
  close(ends[1]);
}

TEST(SignalsTest, NothingToReopenIsFine) {
  Signals::Block();
  event::Loop loop("test", base::kMainThread);
  Signals signals(loop, {[] {}, [] {}, nullptr});
  kill(getpid(), SIGUSR1);
  loop.RunReady();
}

}  // namespace
}  // namespace weir::server
