#include "source/base/shared_text.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "test/support/allocation_counter.h"

namespace weir::base {
namespace {

TEST(SharedTextTest, HoldsWhatItWasMadeOf) {
  const std::string original("zero\0inside", 11);
  std::string source = original;
  const SharedText text(source);
  source.assign(source.size(), 'x');
  EXPECT_EQ(text.view(), original);
  EXPECT_EQ(SharedText("one", "two").view(), "onetwo");
  EXPECT_EQ(sizeof(SharedText), sizeof(void*));
}

TEST(SharedTextTest, AnEmptyOneTakesNothing) {
  const test::AllocationCounter counter;
  const SharedText none, empty(""), joined("", "");
  EXPECT_TRUE(none.empty() && empty.empty() && joined.empty());
  EXPECT_EQ(joined.view(), "");
  EXPECT_EQ(counter.count(), 0);
}

TEST(SharedTextTest, CopiesShareIt) {
  SharedText first("shared");
  const test::AllocationCounter counter;
  SharedText second = first;
  SharedText third = std::move(first);
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(second.view().data(), third.view().data());
  second = third;
  third = SharedText();
  EXPECT_EQ(second.view(), "shared");
  EXPECT_EQ(counter.count(), 0);
}

TEST(SharedTextTest, SharesWithTheLastOneWhereItIsTheSame) {
  SharedText last;
  const SharedText one = SharedText::Like(last, "v1");
  const SharedText again = SharedText::Like(last, "v1");
  EXPECT_EQ(one.view().data(), again.view().data());
  EXPECT_EQ(SharedText::Like(last, "v2").view(), "v2");
  EXPECT_EQ(last.view(), "v2");
  EXPECT_EQ(one.view(), "v1");
  EXPECT_TRUE(SharedText::Like(last, "").empty());
}

}  // namespace
}  // namespace weir::base
