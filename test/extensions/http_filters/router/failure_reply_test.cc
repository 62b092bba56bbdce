#include "source/extensions/http_filters/router/failure_reply.h"

#include <gtest/gtest.h>

namespace weir::extensions::router {
namespace {

using filter::ResponseFlag;
using http::ErrorKind;

FailureReply To(ErrorKind kind) { return ReplyTo({kind, http::Side::kUpstream, false, "why"}); }

TEST(FailureReply, SaysWhatWentWrong) {
  EXPECT_EQ(To(ErrorKind::kNoHost).body, "no healthy upstream");
  EXPECT_EQ(To(ErrorKind::kNoHost).flag, ResponseFlag::kNoHealthyUpstream);
  EXPECT_EQ(To(ErrorKind::kOverflow).body, "upstream overloaded");
  EXPECT_EQ(To(ErrorKind::kOverflow).flag, ResponseFlag::kUpstreamOverflow);
  EXPECT_EQ(To(ErrorKind::kConnectFailed).flag, ResponseFlag::kUpstreamConnectionFailure);
  for (const ErrorKind kind : {ErrorKind::kNoHost, ErrorKind::kOverflow, ErrorKind::kConnectFailed,
                               ErrorKind::kPeerReset, ErrorKind::kPeerClosed}) {
    EXPECT_EQ(To(kind).status, 503);
  }
}

TEST(FailureReply, TimeoutsAre504) {
  for (const ErrorKind kind : {ErrorKind::kTimeout, ErrorKind::kPerTryTimeout}) {
    EXPECT_EQ(To(kind).status, 504);
    EXPECT_EQ(To(kind).flag, ResponseFlag::kUpstreamRequestTimeout);
  }
}

TEST(FailureReply, WhatIsNotHttpIs502) {
  for (const ErrorKind kind : {ErrorKind::kProtocol, ErrorKind::kHeadTooLarge}) {
    EXPECT_EQ(To(kind).status, 502);
    EXPECT_EQ(To(kind).flag, ResponseFlag::kUpstreamProtocolError);
  }
}

}  // namespace
}  // namespace weir::extensions::router
