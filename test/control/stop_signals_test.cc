#include "source/control/stop_signals.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "source/base/thread.h"
#include "source/event/loop.h"

namespace weir::control {
namespace {

TEST(StopSignalsTest, BothSignalsAreToldOnTheLoop) {
  StopSignals::Block();
  event::Loop loop("test", base::kMainThread);
  int stops = 0;
  StopSignals signals(loop, [&] { ++stops; });
  loop.RunReady();
  EXPECT_EQ(stops, 0);
  kill(getpid(), SIGTERM);
  loop.RunReady();
  EXPECT_EQ(stops, 1);
  kill(getpid(), SIGINT);
  kill(getpid(), SIGTERM);
  loop.RunReady();
  EXPECT_EQ(stops, 2);
  loop.RunReady();
  EXPECT_EQ(stops, 2);
}

TEST(StopSignalsTest, ALoopThatRunsIsStopped) {
  StopSignals::Block();
  event::Loop loop("test", base::kMainThread);
  StopSignals signals(loop, [&] { loop.Stop(); });
  kill(getpid(), SIGTERM);
  loop.Run();
}

}  // namespace
}  // namespace weir::control
