// Counts calls of operator new on this thread, to prove that steady state makes none.
//
//   test::AllocationCounter counter;  DoTheUsual();  EXPECT_EQ(counter.count(), 0);
//
// Linking this target replaces the global operator new and delete of the test.
#pragma once

#include <cstdint>

namespace weir::test {

class AllocationCounter {
 public:
  AllocationCounter();
  // Allocations of the calling thread since construction.
  int64_t count() const;

 private:
  const int64_t start_;
};

}  // namespace weir::test
