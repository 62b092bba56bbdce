// Counts calls of operator new on this thread, to prove that steady state makes none, and the
// bytes that it holds at most, to prove that streaming stays small.
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
  // How much more the thread held at one time than at construction, of what it freed itself.
  // One counter at a time.
  int64_t peak_bytes() const;

 private:
  const int64_t start_count_;
  const int64_t start_bytes_;
};

}  // namespace weir::test
