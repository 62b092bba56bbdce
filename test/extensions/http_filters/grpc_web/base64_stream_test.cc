#include "source/extensions/http_filters/grpc_web/base64_stream.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>

namespace weir::extensions::grpc_web {
namespace {

std::string Encode(std::string_view bytes) {
  base::Buffer in, out;
  in.Append(bytes);
  EncodeBase64(in, out);
  EXPECT_TRUE(in.empty());
  return out.ToString();
}

// "!" where the text is refused or ends too early.
std::string Decode(std::string_view text, size_t piece = SIZE_MAX) {
  Base64Decoder decoder;
  base::Buffer out;
  for (size_t at = 0; at < text.size(); at += std::min(piece, text.size() - at)) {
    base::Buffer in;
    in.Append(text.substr(at, piece));
    if (!decoder.Decode(in, out)) return "!";
  }
  return decoder.is_complete() ? out.ToString() : "!";
}

TEST(Base64StreamTest, TheExamplesOfTheRfc) {
  const std::pair<const char*, const char*> examples[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : examples) {
    EXPECT_EQ(Encode(bytes), text);
    EXPECT_EQ(Decode(text), bytes);
  }
}

TEST(Base64StreamTest, PaddingMayStandInside) {
  EXPECT_EQ(Decode("Zg==Zm8=Zm9v"), "ffofoo");
  EXPECT_EQ(Decode("Zg==Zm8=Zm9v", 1), "ffofoo");
}

TEST(Base64StreamTest, RefusesEverythingElse) {
  for (const char* const text :
       {"Z", "Zg", "Zg=", "=", "Z===", "Zg=v", "Zg\n==", "Zm9v-", "Z=8="}) {
    EXPECT_EQ(Decode(text), "!") << text;
  }
}

TEST(Base64StreamTest, ThereAndBack) {
  EXPECT_TRUE(rc::check("whatever the bytes and pieces", [](const std::string& bytes) {
    const auto piece = *rc::gen::inRange<size_t>(1, 9);
    RC_ASSERT(Decode(Encode(bytes), piece) == bytes);
  }));
}

}  // namespace
}  // namespace weir::extensions::grpc_web
