#include "source/xds_files/file_thread.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <vector>

#include "source/base/thread.h"

namespace weir::xds::files {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(FileThreadTest, WorksInOrderAndAnswersOnTheLoop) {
  event::Loop loop("test", base::kMainThread);
  FileThread thread(loop);
  std::vector<int> done, answered;
  for (const int i : {1, 2, 3}) {
    thread.Run([&, i]() -> FileThread::Answer {
      EXPECT_FALSE(loop.IsThisThread());
      done.push_back(i);
      return [&, i] {
        EXPECT_TRUE(loop.IsThisThread());
        answered.push_back(i);
      };
    });
  }
  thread.Finish();
  EXPECT_THAT(done, ElementsAre(1, 2, 3));
  EXPECT_THAT(answered, IsEmpty());
  loop.RunReady();
  EXPECT_THAT(answered, ElementsAre(1, 2, 3));
}

TEST(FileThreadTest, NeedNotAnswer) {
  event::Loop loop("test", base::kMainThread);
  FileThread thread(loop);
  thread.Finish();
  std::atomic<bool> is_done = false;
  thread.Run([&]() -> FileThread::Answer {
    is_done = true;
    return {};
  });
  thread.Finish();
  EXPECT_TRUE(is_done);
  loop.RunReady();
}

TEST(FileThreadTest, EndsWithWorkWaiting) {
  event::Loop loop("test", base::kMainThread);
  auto held = std::make_shared<int>(0);
  {
    FileThread thread(loop);
    for (int i = 0; i < 100; ++i) {
      thread.Run([held]() -> FileThread::Answer { return [held] {}; });
    }
  }
  loop.RunReady();
  EXPECT_EQ(held.use_count(), 1) << "nothing is left of it";
}

}  // namespace
}  // namespace weir::xds::files
