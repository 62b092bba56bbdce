#include "source/xds/expiry_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::xds {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ExpiryQueueTest, GivesNamesInOrderOfTime) {
  ExpiryQueue queue;
  EXPECT_FALSE(queue.NextMs().has_value());
  queue.Set("b", 20);
  queue.Set("a", 10);
  queue.Set("c", 30);
  EXPECT_EQ(queue.NextMs(), 10);
  EXPECT_THAT(queue.TakeDue(9), IsEmpty());
  EXPECT_THAT(queue.TakeDue(20), ElementsAre("a", "b"));
  EXPECT_EQ(queue.NextMs(), 30);
  EXPECT_THAT(queue.TakeDue(100), ElementsAre("c"));
  EXPECT_FALSE(queue.NextMs().has_value());
}

TEST(ExpiryQueueTest, ALaterTimeReplacesAnEarlierOneAndClearingForgetsIt) {
  ExpiryQueue queue;
  queue.Set("a", 10);
  queue.Set("b", 15);
  queue.Set("a", 20);
  queue.Clear("b");
  queue.Clear("unknown");
  EXPECT_THAT(queue.TakeDue(19), IsEmpty());
  EXPECT_THAT(queue.TakeDue(20), ElementsAre("a"));
}

}  // namespace
}  // namespace weir::xds
