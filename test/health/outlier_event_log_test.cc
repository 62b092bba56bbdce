#include "source/health/outlier_event_log.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "test/support/temporary_folder.h"

namespace weir::health {
namespace {

OutlierEvent Event() {
  OutlierEvent event;
  event.cluster_name = "we\"b";
  event.host = "10.0.0.1:80";
  event.wall_us = 1'767'225'600'123'456;
  event.ejections = 2;
  return event;
}

TEST(OutlierEventLog, LinesAreOutlierDetectionEvents) {
  OutlierEvent event = Event();
  EXPECT_EQ(EjectionLine(event, EjectionCause::kConsecutive5xx, true, StreakEvidence()),
            R"({"type":"CONSECUTIVE_5XX","timestamp":"2026-01-01T00:00:00.123Z",)"
            R"("cluster_name":"we\"b","upstream_url":"10.0.0.1:80","action":"EJECT",)"
            R"("num_ejections":2,"enforced":true,"eject_consecutive_event":{}})");
  event.ms_since_last_action = 61'999;
  event.cluster_name = "web";
  EXPECT_EQ(EjectionLine(event, EjectionCause::kSuccessRate, false,
                         SuccessRateEvidence{33.3, 90.9, 57.5}),
            R"({"type":"SUCCESS_RATE","timestamp":"2026-01-01T00:00:00.123Z",)"
            R"("secs_since_last_action":"61","cluster_name":"web",)"
            R"("upstream_url":"10.0.0.1:80","action":"EJECT","num_ejections":2,"enforced":false,)"
            R"("eject_success_rate_event":{"host_success_rate":33,)"
            R"("cluster_average_success_rate":90,"cluster_success_rate_ejection_threshold":57}})");
  EXPECT_NE(EjectionLine(event, EjectionCause::kFailurePercentageLocalOrigin, true,
                         FailurePercentageEvidence{12.5})
                .find(R"("eject_failure_percentage_event":{"host_success_rate":12}})"),
            std::string::npos);
  EXPECT_NE(ReturnLine(event).find(R"("action":"UNEJECT")"), std::string::npos);
}

TEST(OutlierEventLog, WritesToItsFile) {
  const test::TemporaryFolder folder;
  const std::string path = folder.path + "/events";
  auto log = OutlierEventLog::Open(path);
  ASSERT_TRUE(log.ok()) << log.status();
  (*log)->NoteEjection(Event(), EjectionCause::kConsecutive5xx, true, StreakEvidence());
  (*log)->NoteReturn(Event());
  ASSERT_TRUE((*log)->Flush());
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_EQ(text.str(),
            EjectionLine(Event(), EjectionCause::kConsecutive5xx, true, StreakEvidence()) + "\n" +
                ReturnLine(Event()) + "\n");
  EXPECT_FALSE(OutlierEventLog::Open(folder.path + "/none/events").ok());
}

}  // namespace
}  // namespace weir::health
