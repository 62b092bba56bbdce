#include "source/extensions/network_filters/http_connection_manager/date_cache.h"

#include <gtest/gtest.h>

namespace weir::extensions::http_connection_manager {
namespace {

TEST(DateCacheTest, IsAnImfFixdate) {
  DateCache cache;
  EXPECT_EQ(cache.At(784'111'777'000'000), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(cache.At(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(DateCacheTest, ChangesWithTheSecondAndOnlyWithIt) {
  DateCache cache;
  const std::string_view first = cache.At(1'000'000);
  EXPECT_EQ(cache.At(1'999'999).data(), first.data());
  EXPECT_EQ(cache.At(1'999'999), "Thu, 01 Jan 1970 00:00:01 GMT");
  EXPECT_EQ(cache.At(2'000'000), "Thu, 01 Jan 1970 00:00:02 GMT");
  EXPECT_EQ(cache.At(1'000'000), "Thu, 01 Jan 1970 00:00:01 GMT") << "clocks are set back";
}

}  // namespace
}  // namespace weir::extensions::http_connection_manager
