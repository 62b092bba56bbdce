#include "source/filter/response_flags.h"

#include <gtest/gtest.h>

namespace weir::filter {
namespace {

TEST(ResponseFlagsTest, PrintsEnvoysShortNamesInOrder) {
  ResponseFlags flags;
  EXPECT_EQ(flags.ToString(), "-");
  flags.Set(ResponseFlag::kUpstreamRetryLimitExceeded);
  flags.Set(ResponseFlag::kUpstreamConnectionFailure);
  EXPECT_EQ(flags.ToString(), "UF,URX");
  EXPECT_TRUE(flags.Has(ResponseFlag::kUpstreamConnectionFailure));
  EXPECT_FALSE(flags.Has(ResponseFlag::kNoRouteFound));
}

TEST(ResponseFlagsTest, EveryShortNameParsesBack) {
  for (int i = 0; i < static_cast<int>(ResponseFlag::kCount); ++i) {
    ResponseFlag parsed;
    ASSERT_TRUE(ParseResponseFlag(ShortName(static_cast<ResponseFlag>(i)), parsed));
    EXPECT_EQ(parsed, static_cast<ResponseFlag>(i));
  }
  ResponseFlag none;
  EXPECT_FALSE(ParseResponseFlag("XX", none));
}

TEST(ResponseFlagsTest, SideDecidesTheFlagOfAnError) {
  using http::ErrorKind;
  using http::Side;
  struct Case {
    ErrorKind kind;
    Side side;
    const char* flag;
  };
  for (const Case& test : {Case{ErrorKind::kProtocol, Side::kDownstream, "DPE"},
                           Case{ErrorKind::kProtocol, Side::kUpstream, "UPE"},
                           Case{ErrorKind::kPeerClosed, Side::kDownstream, "DC"},
                           Case{ErrorKind::kPeerReset, Side::kDownstream, "DR"},
                           Case{ErrorKind::kPeerReset, Side::kUpstream, "UR"},
                           Case{ErrorKind::kPeerClosed, Side::kUpstream, "UC"},
                           Case{ErrorKind::kConnectTimeout, Side::kUpstream, "UF"},
                           Case{ErrorKind::kOverflow, Side::kUpstream, "UO"},
                           Case{ErrorKind::kNoHost, Side::kUpstream, "UH"},
                           Case{ErrorKind::kTimeout, Side::kUpstream, "UT"},
                           Case{ErrorKind::kNoRoute, Side::kLocal, "NR"},
                           Case{ErrorKind::kNoCluster, Side::kLocal, "NC"}}) {
    ResponseFlag flag;
    ASSERT_TRUE(FlagOf({test.kind, test.side, false, ""}, flag)) << test.flag;
    EXPECT_EQ(ShortName(flag), test.flag);
  }
  ResponseFlag flag;
  EXPECT_FALSE(FlagOf({ErrorKind::kTimeout, Side::kDownstream, false, ""}, flag));
}

}  // namespace
}  // namespace weir::filter
