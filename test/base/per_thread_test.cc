#include "source/base/per_thread.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace weir::base {
namespace {

TEST(PerThreadTest, MakesOneForEachThreadAndDestroysAll) {
  auto witness = std::make_shared<int>(0);
  using Held = std::shared_ptr<int>;
  {
    PerThread<Held> objects;
    int made = 0;
    auto make = [&] {
      ++made;
      return std::make_unique<Held>(witness);
    };
    SetThreadIndex(kMainThread);
    Held& mine = objects.Here(make);
    EXPECT_EQ(&objects.Here(make), &mine);
    EXPECT_EQ(made, 1);
    std::thread([&] {
      SetThreadIndex(1);
      EXPECT_NE(&objects.Here(make), &mine);
    }).join();
    EXPECT_EQ(made, 2);
    EXPECT_EQ(witness.use_count(), 3);
    SetThreadIndex(kNoThread);
  }
  EXPECT_EQ(witness.use_count(), 1);
}

}  // namespace
}  // namespace weir::base
