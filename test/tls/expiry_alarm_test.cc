// M14
#include "source/tls/expiry_alarm.h"

#include "gtest/gtest.h"

namespace weir::tls {
namespace {

FirstToExpire In(int64_t days) { return {"listener.a", "/tls.crt", 0, days}; }

TEST(ExpiryAlarmTest, SpeaksOnceAtEachThreshold) {
  ExpiryAlarm alarm;
  EXPECT_FALSE(alarm.Look(std::nullopt));
  EXPECT_FALSE(alarm.Look(In(31)));
  for (const int64_t days : {30, 7, 1, 0}) {
    EXPECT_TRUE(alarm.Look(In(days))) << days;
    EXPECT_FALSE(alarm.Look(In(days))) << days;
  }
}

TEST(ExpiryAlarmTest, SpeaksOfTheNextOneAfterARenewal) {
  ExpiryAlarm alarm;
  EXPECT_TRUE(alarm.Look(In(0))) << "loaded when it was old already";
  EXPECT_FALSE(alarm.Look(In(90)));
  EXPECT_TRUE(alarm.Look(In(29)));
  EXPECT_FALSE(alarm.Look(std::nullopt));
}

}  // namespace
}  // namespace weir::tls
