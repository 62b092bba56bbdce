// However the network cuts a message into pieces, a codec says the same about it.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>

#include "test/http/codec_harness.h"
#include "test/http/message_generator.h"

namespace weir::http {
namespace {

Http1ServerOptions ServerOptions() {
  Http1ServerOptions options;
  options.enable_trailers = true;
  options.accept_http_10 = true;
  return options;
}

TEST(SplitInvarianceTest, Requests) {
  int served = 0;
  int refused = 0;
  EXPECT_TRUE(rc::check("requests mean the same in any pieces", [&] {
    std::string bytes;
    const int count = *rc::gen::inRange(1, 4);
    for (int i = 0; i < count; ++i) bytes += GenerateRequest();
    ServerHarness whole(ServerOptions());
    whole.Receive(bytes);
    ServerHarness split(ServerOptions());
    for (const std::string& piece : GenerateSplit(bytes)) split.Receive(piece);
    RC_ASSERT(split.Summary() == whole.Summary());
    RC_ASSERT(split.TakeOutput() == whole.TakeOutput());
    RC_ASSERT(split.unread.size() == whole.unread.size());
    served += static_cast<int>(whole.requests.size());
    refused += whole.bad_status != 0;
  }));
  EXPECT_GT(served, 50);
  EXPECT_GT(refused, 0);
}

TEST(SplitInvarianceTest, Responses) {
  int relayed = 0;
  int failed = 0;
  EXPECT_TRUE(rc::check("responses mean the same in any pieces", [&] {
    const std::string method = *rc::gen::elementOf(std::vector<std::string>{"GET", "HEAD", "POST"});
    const std::string bytes = GenerateResponse();
    Http1ClientOptions options;
    options.enable_trailers = true;
    ClientHarness whole(options);
    whole.Request(method, "/");
    whole.Receive(bytes);
    ClientHarness split(options);
    split.Request(method, "/");
    // The bytes behind a response end the connection when they come; alone they come too late to
    // be told from it.
    for (const std::string& piece : GenerateSplit(bytes)) split.Receive(piece);
    if (*rc::gen::arbitrary<bool>()) {
      whole.ReceiveEnd();
      split.ReceiveEnd();
    }
    RC_ASSERT(split.Summary() == whole.Summary());
    RC_ASSERT(split.done == whole.done);
    RC_ASSERT(split.connection_done == whole.connection_done);
    relayed += whole.ended;
    failed += static_cast<bool>(whole.error);
  }));
  EXPECT_GT(relayed, 20);
  EXPECT_GT(failed, 0);
}

}  // namespace
}  // namespace weir::http
