#include "source/discovery/gradual_release.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "source/base/thread.h"
#include "test/support/manual_clock.h"

namespace weir::discovery {
namespace {

struct Part {
  explicit Part(size_t& alive) : alive(alive) { ++alive; }
  ~Part() { --alive; }
  size_t& alive;
};

class GradualReleaseTest : public testing::Test {
 protected:
  GradualRelease::Parts MakeParts(size_t count) {
    GradualRelease::Parts parts;
    for (size_t i = 0; i < count; ++i) parts.push_back(std::make_shared<const Part>(alive_));
    return parts;
  }
  void Pass(int64_t ms) {
    clock_.AdvanceMs(ms);
    loop_.RunReady();
  }

  size_t alive_ = 0;
  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  GradualRelease release_{loop_};
};

TEST_F(GradualReleaseTest, PartsGoAFewATurnOnceTheWholeIsGone) {
  auto whole = std::make_shared<const int>(1);
  release_.Add(whole, MakeParts(1'200));
  Pass(10'000);
  EXPECT_EQ(alive_, 1'200u) << "somebody still has it";
  whole.reset();
  EXPECT_EQ(alive_, 1'200u);
  Pass(1'000);
  EXPECT_EQ(alive_, 700u);
  Pass(1);
  EXPECT_EQ(alive_, 200u);
  Pass(1);
  EXPECT_EQ(alive_, 0u);
}

TEST_F(GradualReleaseTest, OneThatIsHeldForLongDoesNotHoldUpOthers) {
  const auto held = std::make_shared<const int>(1);
  auto gone = std::make_shared<const int>(2);
  release_.Add(held, MakeParts(10));
  release_.Add(gone, MakeParts(10));
  release_.Add(std::exchange(gone, nullptr), {});
  Pass(1'000);
  EXPECT_EQ(alive_, 10u);
}

TEST_F(GradualReleaseTest, ItsEndIsTheirEnd) {
  {
    GradualRelease release(loop_);
    release.Add(std::make_shared<const int>(1), MakeParts(10));
    EXPECT_EQ(alive_, 10u);
  }
  EXPECT_EQ(alive_, 0u);
}

}  // namespace
}  // namespace weir::discovery
