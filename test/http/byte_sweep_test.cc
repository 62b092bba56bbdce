// D28 of the catalogue of bad inputs: every byte value at every position of a valid request. The
// codec must agree with an independent statement of the grammar.
#include <gtest/gtest.h>

#include <string>

#include "re2/re2.h"
#include "test/http/bad_request_harness.h"

namespace weir::http {
namespace {

const char kRequest[] =
    "GET /a/b?c=d HTTP/1.1\r\nHost: example.com\r\nAccept: a, b;c=\"d\"\r\nUser-Agent: "
    "x/1.0\r\n\r\n";

// One GET-like request with exactly one Host, as the RFCs and our stricter rules say.
const char kGrammar[] =
    // method, origin-form, version
    R"([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32} /[\x21\x22\x24-\x7e]* HTTP/1\.1\r\n)"
    // other fields
    R"((?:[!#$%&'*+\-.^`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)*?)"
    // Host: a name, maybe with a port
    R"((?i:host):[ \t]*[!$&'()*+;=\-._~0-9A-Za-z]*[!$&'()*+;=\-_~0-9A-Za-z])"
    R"(\.?(?::[0-9]{0,5})?[ \t]*\r\n)"
    // other fields
    R"((?:[!#$%&'*+\-.^`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)*\r\n)";

TEST(ByteSweepTest, D28EveryByteAtEveryPosition) {
  RE2::Options options(RE2::Latin1);
  options.set_never_nl(false);
  options.set_dot_nl(true);
  const RE2 grammar(kGrammar, options);
  ASSERT_TRUE(grammar.ok()) << grammar.error();
  const std::string request(kRequest);
  ASSERT_EQ(JudgeRequests(request).summary, "GET /a/b?c=d [] open");
  int accepted = 0;
  for (size_t at = 0; at < request.size(); ++at) {
    for (int c = 0; c < 256; ++c) {
      std::string variant = request;
      variant[at] = static_cast<char>(c);
      const RequestVerdict verdict = JudgeRequests(variant, variant.size());
      const bool is_accepted = verdict.summary.ends_with(" open");
      ASSERT_EQ(is_accepted, RE2::FullMatch(variant, grammar))
          << "byte " << c << " at " << at << ": " << verdict.summary << " " << verdict.detail;
      ASSERT_TRUE(is_accepted || verdict.summary.ends_with("c")) << verdict.summary;
      accepted += is_accepted;
    }
  }
  EXPECT_GT(accepted, 5000);
}

}  // namespace
}  // namespace weir::http
