#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "test/http2/frames.h"
#include "test/http2/harness.h"

namespace weir::http2 {
namespace {

// One response after another on one connection; what the peer's table holds in the end.
size_t TableAfter(int count, const Fields& fields) {
  RawPeer peer;
  Decoder decoder;
  int at = 0;
  peer.server.on_end = [&](SeenRequest& request) {
    Fields numbered;
    for (const auto& [name, value] : fields) {
      numbered.emplace_back(name, absl::StrCat(value, ++at));
    }
    request.Reply(200, "", numbered);
  };
  for (int i = 0; i < count; ++i) {
    const uint32_t stream = peer.Head(Get());
    const std::string heads = decoder.Heads(peer.server.TakeOutput());
    EXPECT_NE(heads.find(absl::StrCat(stream, ": 200")), std::string::npos);
    for (const auto& [name, value] : fields) {
      EXPECT_NE(heads.find(absl::StrCat(name, "=", value)), std::string::npos) << heads;
    }
  }
  return decoder.table_bytes();
}

TEST(FieldListTest, WhatDiffersFromMessageToMessageStaysOutOfThePeersTable) {
  EXPECT_EQ(TableAfter(5, {{"date", "Sun, 0"},
                           {"x-request-id", "id"},
                           {"traceparent", "00-"},
                           {"x-envoy-upstream-service-time", ""}}),
            0u);
}

TEST(FieldListTest, OtherFieldsAreSentOnceAndThenByNumber) {
  // RFC 7541 §4.1: 32 bytes an entry beside its text.
  EXPECT_EQ(TableAfter(1, {{"server", "weir"}}), 32 + std::string("server"
                                                                  "weir1")
                                                          .size());
  EXPECT_GT(TableAfter(5, {{"x-any", "v"}}), 5 * (32 + std::string("x-any").size()));
}

}  // namespace
}  // namespace weir::http2
