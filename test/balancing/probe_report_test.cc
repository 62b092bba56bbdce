#include "source/balancing/probe_report.h"

#include <gtest/gtest.h>

namespace weir::balancing {
namespace {

TEST(ProbeReport, FitsInAWord) {
  for (const ProbeReport& report : {ProbeReport(), ProbeReport{ProbeAnswer::kHttpStatus, 599, 7},
                                    ProbeReport{ProbeAnswer::kTimeout, 0xffff, 0xffffffff}}) {
    EXPECT_EQ(ProbeReport::Unpack(report.Pack()), report);
  }
  EXPECT_EQ(ProbeReport().Pack(), 0U) << "what a host begins with";
}

TEST(ProbeReport, ReadsWell) {
  const auto text = [](ProbeAnswer answer, uint16_t code = 0) {
    return ProbeReport{answer, code, 0}.ToText();
  };
  EXPECT_EQ(text(ProbeAnswer::kNone), "");
  EXPECT_EQ(text(ProbeAnswer::kHttpStatus, 204), "204");
  EXPECT_EQ(text(ProbeAnswer::kGrpcServing, 2), "grpc NOT_SERVING");
  EXPECT_EQ(text(ProbeAnswer::kGrpcServing, 99), "grpc UNKNOWN");
  EXPECT_EQ(text(ProbeAnswer::kGrpcStatus, 14), "grpc status 14");
  for (auto answer = static_cast<uint8_t>(ProbeAnswer::kConnected);
       answer <= static_cast<uint8_t>(ProbeAnswer::kTimeout); ++answer) {
    EXPECT_FALSE(text(static_cast<ProbeAnswer>(answer)).empty()) << int{answer};
  }
}

}  // namespace
}  // namespace weir::balancing
