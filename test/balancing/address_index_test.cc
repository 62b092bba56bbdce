#include "source/balancing/address_index.h"

#include <gtest/gtest.h>

#include <thread>

#include "test/balancing/host_fixture.h"

namespace weir::balancing {
namespace {

TEST(AddressIndexTest, FindsEveryHostAndNoOther) {
  const auto set = SetOfWeights(std::vector<uint32_t>(1'000, 1));
  const AddressIndex index(set->hosts());
  for (uint32_t i = 0; i < 1'000; ++i) {
    EXPECT_EQ(index.Find(set->hosts(), HostAddress(static_cast<int>(i))), i);
  }
  EXPECT_EQ(index.Find(set->hosts(), HostAddress(1'000)), std::nullopt);
  EXPECT_EQ(index.Find(set->hosts(), HostAddress(1).WithPort(81)), std::nullopt);
  EXPECT_EQ(AddressIndex({}).Find({}, HostAddress(1)), std::nullopt);
}

TEST(AddressIndexTest, ASetMakesOneWhenItIsAskedByAnyThread) {
  for (const int count : {3, 500}) {
    const auto set = SetOfWeights(std::vector<uint32_t>(count, 1));
    const auto ask = [&] {
      for (int i = 0; i < count; ++i) {
        const HostPtr* const host = set->Find(HostAddress(i));
        ASSERT_NE(host, nullptr);
        EXPECT_EQ((*host)->address(), HostAddress(i));
      }
      EXPECT_EQ(set->Find(HostAddress(count)), nullptr);
    };
    std::thread other(ask);
    ask();
    other.join();
  }
}

}  // namespace
}  // namespace weir::balancing
