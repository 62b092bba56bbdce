#include "source/rpc/grpc_log.h"

#include <grpc/support/log.h>
#include <gtest/gtest.h>

#include "source/base/log.h"

namespace weir::rpc {
namespace {

TEST(GrpcLogTest, LinesAreOursOneLevelLower) {
  RouteGrpcLog();
  ASSERT_TRUE(base::SetLogLevel("rpc", base::LogLevel::kDebug));
  gpr_set_log_verbosity(GPR_LOG_SEVERITY_DEBUG);
  testing::internal::CaptureStderr();
  gpr_log(GPR_ERROR, "went wrong");
  gpr_log(GPR_INFO, "came about");
  gpr_log(GPR_DEBUG, "of no interest");
  const std::string written = testing::internal::GetCapturedStderr();
  EXPECT_NE(written.find("[warning][rpc] went wrong"), std::string::npos) << written;
  EXPECT_NE(written.find("[debug][rpc] came about"), std::string::npos) << written;
  EXPECT_EQ(written.find("of no interest"), std::string::npos) << written;
}

}  // namespace
}  // namespace weir::rpc
