#include "source/extensions/http_filters/stateful_session/session_token.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "absl/strings/escaping.h"

namespace weir::extensions::stateful_session {
namespace {

constexpr int64_t kNow = 1'800'000'000;

std::string Read(std::string_view token) {
  const auto address = ReadToken(token, kNow);
  return address.has_value() ? address->ToString() : "none";
}

TEST(SessionTokenTest, IsWrittenAsEnvoyWritesIt) {
  EXPECT_EQ(WriteToken("1.2.3.4:80"), "MS4yLjMuNDo4MA==");
  EXPECT_EQ(WriteTimedToken("1.2.3.4:80", 0), absl::Base64Escape("\n\n1.2.3.4:80"));
  EXPECT_EQ(WriteTimedToken("1.2.3.4:80", 300), absl::Base64Escape("\n\n1.2.3.4:80\x10\xac\x02"));
}

TEST(SessionTokenTest, EitherFormIsRead) {
  EXPECT_EQ(Read("MS4yLjMuNDo4MA=="), "1.2.3.4:80");
  for (const char* address : {"10.0.0.1:80", "[2001:db8::1]:443", "/run/app.sock", "@abstract"}) {
    EXPECT_EQ(Read(WriteToken(address)), address);
    EXPECT_EQ(Read(WriteTimedToken(address, 0)), address);
    EXPECT_EQ(Read(WriteTimedToken(address, kNow + 1)), address);
  }
}

TEST(SessionTokenTest, ASessionEndsInTime) {
  EXPECT_EQ(Read(WriteTimedToken("1.2.3.4:80", kNow)), "1.2.3.4:80");
  EXPECT_EQ(Read(WriteTimedToken("1.2.3.4:80", kNow - 1)), "none");
  EXPECT_EQ(Read(WriteTimedToken("1.2.3.4:80", 86'400)), "1.2.3.4:80") << "of another clock";
}

TEST(SessionTokenTest, WhatIsNoTokenIsNone) {
  EXPECT_EQ(Read(""), "none");
  EXPECT_EQ(Read("%%%"), "none");
  for (const std::string& bytes :
       {std::string("web:80"), std::string("1.2.3.4"), std::string("\n"), std::string("\n\x7f"),
        std::string("\n\x03"
                    "1.2"),
        std::string("\n\n1.2.3.4:80\x10"),
        std::string("\n\n1.2.3.4:80\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
        std::string("\n\n1.2.3.4:80\x18\x01"), std::string("\x10\x05")}) {
    EXPECT_EQ(Read(absl::Base64Escape(bytes)), "none") << absl::CEscape(bytes);
  }
  EXPECT_EQ(Read(WriteToken("/" + std::string(300, 'a'))), "none");
}

TEST(SessionTokenTest, AnyBytesCanBeRead) {
  rc::check("bytes", [](const std::string& bytes) {
    ReadToken(bytes, kNow);
    ReadToken(absl::Base64Escape(bytes), kNow);
    ReadToken(absl::Base64Escape("\n" + bytes), kNow);
  });
}

}  // namespace
}  // namespace weir::extensions::stateful_session
