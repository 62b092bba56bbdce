#include "source/http2/options_parser.h"

#include <gtest/gtest.h>

#include "envoy/config/core/v3/protocol.pb.h"

namespace weir::http2 {
namespace {

using envoy::config::core::v3::Http2ProtocolOptions;

TEST(ParseOptions, WhatIsLeftOutStays) {
  Options options;
  options.max_concurrent_streams = 7;
  config::Faults faults;
  ParseOptions(Http2ProtocolOptions(), options, faults);
  EXPECT_TRUE(faults.ok());
  EXPECT_EQ(options.max_concurrent_streams, 7U);
  EXPECT_EQ(options.max_outbound_frames, Options().max_outbound_frames);
  EXPECT_FALSE(options.allow_connect) << "only where it is asked for";
  EXPECT_EQ(options.keepalive.interval_ms, 0);
}

TEST(ParseOptions, TakesEveryField) {
  Http2ProtocolOptions proto;
  proto.mutable_hpack_table_size()->set_value(0);
  proto.mutable_max_concurrent_streams()->set_value(10);
  proto.mutable_initial_stream_window_size()->set_value(65'535);
  proto.mutable_initial_connection_window_size()->set_value(0x7fff'ffff);
  proto.set_allow_connect(true);
  proto.mutable_max_outbound_frames()->set_value(11);
  proto.mutable_max_outbound_control_frames()->set_value(12);
  proto.mutable_max_consecutive_inbound_frames_with_empty_payload()->set_value(0);
  proto.mutable_max_inbound_priority_frames_per_stream()->set_value(14);
  proto.mutable_max_inbound_window_update_frames_per_data_frame_sent()->set_value(15);
  proto.mutable_override_stream_error_on_invalid_http_message()->set_value(true);
  auto& keepalive = *proto.mutable_connection_keepalive();
  keepalive.mutable_interval()->set_seconds(30);
  keepalive.mutable_timeout()->set_nanos(1'500'000);
  keepalive.mutable_interval_jitter()->set_value(20);
  keepalive.mutable_connection_idle_interval()->set_seconds(5);
  Options options;
  config::Faults faults;
  ParseOptions(proto, options, faults);
  EXPECT_TRUE(faults.ok()) << faults.ToString();
  EXPECT_TRUE(faults.ignored().empty());
  EXPECT_EQ(options.hpack_table_bytes, 0U);
  EXPECT_EQ(options.max_concurrent_streams, 10U);
  EXPECT_EQ(options.initial_stream_window_bytes, 65'535U);
  EXPECT_EQ(options.send_buffer_bytes, 65'535U);
  EXPECT_EQ(options.initial_connection_window_bytes, 0x7fff'ffffU);
  EXPECT_TRUE(options.allow_connect);
  EXPECT_EQ(options.max_outbound_frames, 11U);
  EXPECT_EQ(options.max_outbound_control_frames, 12U);
  EXPECT_EQ(options.max_empty_frames_in_a_row, 0U);
  EXPECT_EQ(options.max_priority_frames_per_stream, 14U);
  EXPECT_EQ(options.max_window_updates_per_data_frame, 15U);
  EXPECT_EQ(options.keepalive.interval_ms, 30'000);
  EXPECT_EQ(options.keepalive.timeout_ms, 2) << "rounded up";
  EXPECT_EQ(options.keepalive.jitter_percent, 20);
  EXPECT_EQ(options.keepalive.idle_interval_ms, 5'000);
}

TEST(ParseOptions, ListsFaults) {
  Http2ProtocolOptions proto;
  proto.mutable_max_concurrent_streams()->set_value(0);
  proto.mutable_initial_stream_window_size()->set_value(65'534);
  proto.mutable_initial_connection_window_size()->set_value(0x8000'0000);
  proto.mutable_max_outbound_frames()->set_value(0);
  proto.mutable_connection_keepalive()->mutable_interval()->set_seconds(-1);
  proto.mutable_connection_keepalive()->mutable_interval_jitter()->set_value(101);
  Options options;
  config::Faults faults;
  ParseOptions(proto, options, faults);
  const std::string text = faults.ToString();
  for (const char* expected : {"max_concurrent_streams: must be from 1 to 2147483647",
                               "initial_stream_window_size: must be from 65535 to 2147483647",
                               "initial_connection_window_size: must be from 65535",
                               "max_outbound_frames: must be at least 1",
                               "connection_keepalive.interval: must be at least 1ms",
                               "connection_keepalive.timeout: must be at least 1ms",
                               "connection_keepalive.interval_jitter: must be from 0 to 100"}) {
    EXPECT_NE(text.find(expected), std::string::npos) << expected << "\nis not in\n" << text;
  }
}

TEST(ParseOptions, SaysWhatItIgnores) {
  Http2ProtocolOptions proto;
  proto.mutable_override_stream_error_on_invalid_http_message()->set_value(false);
  Options options;
  config::Faults faults;
  ParseOptions(proto, options, faults);
  EXPECT_TRUE(faults.ok());
  EXPECT_EQ(faults.ignored().size(), 1U);
}

}  // namespace
}  // namespace weir::http2
