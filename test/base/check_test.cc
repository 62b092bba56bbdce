#include "source/base/check.h"

#include <gtest/gtest.h>

namespace weir::base {
namespace {

TEST(CheckTest, PassesSilently) {
  int evaluated = 0;
  WEIR_CHECK(++evaluated == 1);
  EXPECT_EQ(evaluated, 1);
}

TEST(CheckDeathTest, NamesTheConditionAndThePlace) {
  EXPECT_DEATH(WEIR_CHECK(1 + 1 == 3), "check_test.cc:[0-9]+: check failed: 1 \\+ 1 == 3");
}

TEST(CheckTest, DebugCheckIsNotEvaluatedInReleases) {
  int evaluated = 0;
  WEIR_DCHECK(++evaluated == 1);
#ifdef NDEBUG
  EXPECT_EQ(evaluated, 0);
#else
  EXPECT_EQ(evaluated, 1);
#endif
}

}  // namespace
}  // namespace weir::base
