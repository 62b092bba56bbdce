#include "source/xds_files/last_good_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <string>

#include "source/base/sha1.h"

namespace weir::xds::files {
namespace {

using ::testing::HasSubstr;

LastGoodFile::Record MakeRecord(const std::string& text) {
  return std::make_shared<const std::string>(text);
}

LastGoodFile Small() {
  return {"edge-1",
          "edge",
          {{"ads clusters", {MakeRecord("one"), MakeRecord("")}}, {"ads listeners", {}}}};
}

// With the checksum that belongs to it.
std::string Sign(std::string bytes) {
  const base::Sha1Digest digest = base::Sha1(bytes);
  bytes.append(reinterpret_cast<const char*>(digest.data()), digest.size());
  return bytes;
}

std::string WhyNot(const std::string& bytes) {
  const auto file = DecodeLastGood(bytes);
  return file.ok() ? "" : std::string(file.status().message());
}

TEST(LastGoodFormatTest, ComesBackAsItWas) {
  const auto file = DecodeLastGood(EncodeLastGood(Small()));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->node_id, "edge-1");
  EXPECT_EQ(file->node_cluster, "edge");
  ASSERT_EQ(file->sets.size(), 2u);
  EXPECT_EQ(file->sets[0].name, "ads clusters");
  ASSERT_EQ(file->sets[0].records.size(), 2u);
  EXPECT_EQ(*file->sets[0].records[0], "one");
  EXPECT_EQ(*file->sets[0].records[1], "");
  EXPECT_TRUE(file->sets[1].records.empty());
}

TEST(LastGoodFormatTest, DamageAnywhereIsFound) {
  const std::string whole = EncodeLastGood(Small());
  for (size_t at = 0; at < whole.size(); ++at) {
    for (int difference = 1; difference < 256; ++difference) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ difference);
      ASSERT_NE(WhyNot(damaged), "") << "byte " << at << " changed by " << difference;
    }
  }
}

TEST(LastGoodFormatTest, TruncationAnywhereIsFound) {
  const std::string whole = EncodeLastGood(Small());
  for (size_t size = 0; size < whole.size(); ++size) {
    ASSERT_NE(WhyNot(whole.substr(0, size)), "") << size << " bytes of it";
  }
  EXPECT_THAT(WhyNot(whole + "x"), HasSubstr("truncated or damaged"));
}

TEST(LastGoodFormatTest, SaysWhatIsWrong) {
  std::string bytes = EncodeLastGood(Small());
  EXPECT_EQ(WhyNot(""), "is no last-good file");
  EXPECT_EQ(WhyNot("static_resources: {}\n"), "is no last-good file");
  EXPECT_EQ(WhyNot("weir-last-good 1\n"), "is truncated: its head is not whole");
  EXPECT_THAT(WhyNot(bytes.substr(0, bytes.size() - 1)), HasSubstr("is truncated or damaged: has"));
  ++bytes[40];
  EXPECT_EQ(WhyNot(bytes), "is damaged: its checksum is another");
  EXPECT_EQ(WhyNot("weir-last-good 2\nwhatever"), "is of version \"2\", not \"1\"");
}

TEST(LastGoodFormatTest, AContentThatDoesNotFitTogetherIsRefused) {
  const std::string whole = EncodeLastGood(Small());
  const std::string bytes = whole.substr(0, whole.size() - sizeof(base::Sha1Digest));
  // Counts and lengths that lead beyond the end, under a checksum that is right.
  for (size_t at = 25; at < bytes.size(); ++at) {
    std::string bent = bytes;
    bent[at] = static_cast<char>(0xff);
    const auto file = DecodeLastGood(Sign(bent));
    if (!file.ok()) {
      EXPECT_EQ(file.status().message(), "is damaged: its content does not fit together");
    }
  }
}

RC_GTEST_PROP(LastGoodFormatTest, AnyBytesAreReadOrRefused, (const std::string& content)) {
  std::string bytes = "weir-last-good 1\n";
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(uint64_t{content.size()} >> (8 * i));
  (void)DecodeLastGood(Sign(bytes + content));
  (void)DecodeLastGood(content);
}

}  // namespace
}  // namespace weir::xds::files
