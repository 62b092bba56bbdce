#include "source/config/canonical_bytes.h"

#include <gtest/gtest.h>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "envoy/extensions/access_loggers/file/v3/file.pb.h"

namespace weir::config {
namespace {

using envoy::config::cluster::v3::Cluster;
using envoy::config::listener::v3::Listener;
using envoy::extensions::access_loggers::file::v3::FileAccessLog;

// A listener whose log is `bytes`, however they were made.
Listener ListenerWith(const std::string& bytes) {
  Listener listener;
  listener.set_name("web");
  auto& any = *listener.add_access_log()->mutable_typed_config();
  any.set_type_url("type.googleapis.com/" + FileAccessLog::descriptor()->full_name());
  any.set_value(bytes);
  return listener;
}

TEST(CanonicalBytesTest, TheOrderOfFieldsInAnAnyMeansNothing) {
  FileAccessLog path, format;
  path.set_path("/log");
  format.mutable_log_format()->mutable_text_format_source()->set_inline_string("%PROTOCOL%");
  const std::string one = path.SerializeAsString() + format.SerializeAsString();
  const std::string other = format.SerializeAsString() + path.SerializeAsString();
  ASSERT_NE(one, other);
  EXPECT_EQ(CanonicalBytes(ListenerWith(one)), CanonicalBytes(ListenerWith(other)));
  EXPECT_NE(CanonicalBytes(ListenerWith(one)),
            CanonicalBytes(ListenerWith(path.SerializeAsString())));
}

TEST(CanonicalBytesTest, WhatCannotBeReadStays) {
  EXPECT_NE(CanonicalBytes(ListenerWith("\xff")), CanonicalBytes(ListenerWith("\xff\xff")));
  Listener unknown = ListenerWith("a");
  unknown.mutable_access_log(0)->mutable_typed_config()->set_type_url(
      "type.googleapis.com/nobody.Knows");
  EXPECT_EQ(CanonicalBytes(unknown), unknown.SerializeAsString());
}

TEST(CanonicalBytesTest, MessagesWithoutAnyAreJustSerialized) {
  Cluster cluster;
  cluster.set_name("web");
  EXPECT_EQ(CanonicalBytes(cluster), cluster.SerializeAsString());
}

}  // namespace
}  // namespace weir::config
