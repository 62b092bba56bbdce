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

TEST(FailureReply, ABrokenCallOfGrpcHasAStatusWhereOneIsKnown) {
  EXPECT_EQ(GrpcStatusOf(ErrorKind::kPeerClosed), http::GrpcStatus::kUnavailable);
  EXPECT_EQ(GrpcStatusOf(ErrorKind::kTimeout), http::GrpcStatus::kDeadlineExceeded);
  EXPECT_EQ(GrpcStatusOf(ErrorKind::kPeerReset), std::nullopt);
}

TEST(FailureDetails, SaysWhenAndWhyInEnvoysWords) {
  base::Arena arena;
  const auto of = [&arena](ErrorKind kind, std::string_view detail, bool started) {
    return FailureDetails({kind, http::Side::kUpstream, false, detail}, started, arena);
  };
  constexpr std::string_view kLost = "upstream_reset_before_response_started{overflow}";
  EXPECT_EQ(of(ErrorKind::kOverflow, kLost, false), kLost);
  EXPECT_EQ(of(ErrorKind::kPeerClosed, "upstream_reset_before_response_started{x}", true),
            "upstream_reset_after_response_started{x}");
  EXPECT_EQ(of(ErrorKind::kPeerReset, "http2.remote_reset", false),
            "upstream_reset_before_response_started{remote_reset}");
  EXPECT_EQ(of(ErrorKind::kRefused, "http2.remote_refuse", true),
            "upstream_reset_after_response_started{remote_refused_stream_reset}");
  EXPECT_EQ(of(ErrorKind::kTimeout, "response_timeout", true), "response_timeout");
}

}  // namespace
}  // namespace weir::extensions::router
