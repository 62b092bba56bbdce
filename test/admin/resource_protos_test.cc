#include "source/admin/resource_protos.h"

#include <gtest/gtest.h>

namespace weir::admin {
namespace {

namespace v3 = envoy::admin::v3;

TEST(ResourceProtosTest, TimesAreSplit) {
  const auto time = ToTimestamp(1'700'000'000'000'001);
  EXPECT_EQ(time.seconds(), 1'700'000'000);
  EXPECT_EQ(time.nanos(), 1000);
}

TEST(ResourceProtosTest, EveryStatusHasItsNumber) {
  EXPECT_EQ(ToProto(ResourceStatus::kRequested), v3::REQUESTED);
  EXPECT_EQ(ToProto(ResourceStatus::kDoesNotExist), v3::DOES_NOT_EXIST);
  EXPECT_EQ(ToProto(ResourceStatus::kAcked), v3::ACKED);
  EXPECT_EQ(ToProto(ResourceStatus::kNacked), v3::NACKED);
  EXPECT_EQ(ToProto(ResourceStatus::kReceivedError), v3::RECEIVED_ERROR);
  EXPECT_EQ(ToProto(ResourceStatus::kTimeout), v3::TIMEOUT);
}

TEST(ResourceProtosTest, AFailureAlwaysHasAReason) {
  for (const ResourceStatus status :
       {ResourceStatus::kDoesNotExist, ResourceStatus::kReceivedError, ResourceStatus::kTimeout}) {
    ResourceRecord record(ResourceKind::kRoute, "r");
    record.Fail(status, {{}, nullptr, "", 2'000'000});
    EXPECT_TRUE(HasFailed(record));
    v3::UpdateFailureState state;
    FillFailure(record, state);
    EXPECT_NE(state.details(), "");
    EXPECT_EQ(state.last_update_attempt().seconds(), 2);
    record.Fail(status, {{}, nullptr, "mine", 2'000'000});
    FillFailure(record, state);
    EXPECT_EQ(state.details(), "mine");
  }
  ResourceRecord record(ResourceKind::kRoute, "r");
  EXPECT_FALSE(HasFailed(record));
  record.Accept({}, base::SharedText("1"), false, 1, {});
  EXPECT_FALSE(HasFailed(record));
}

}  // namespace
}  // namespace weir::admin
