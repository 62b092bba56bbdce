#include "source/tls/bytes_source.h"

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weir::tls {
namespace {

using testing::HasSubstr;

std::string WriteFile(const std::string& name, const std::string& bytes) {
  const std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path) << bytes;
  return path;
}

TEST(BytesSourceTest, ReadsAFileWhole) {
  const std::string bytes = std::string(50'000, 'x') + std::string("\0y", 2);
  EXPECT_EQ(*BytesSource::File(WriteFile("whole", bytes)).Load(), bytes);
}

TEST(BytesSourceTest, SaysWhatIsWrongWithAFile) {
  const auto missing = BytesSource::File("/nowhere/at/all").Load();
  EXPECT_THAT(missing.status().ToString(), HasSubstr("/nowhere/at/all"));
  const auto folder = BytesSource::File(testing::TempDir()).Load();
  EXPECT_FALSE(folder.ok());
  const std::string huge = WriteFile("huge", std::string(100'000, 'x'));
  EXPECT_THAT(ReadWholeFile(huge, 99'999).status().ToString(), HasSubstr("larger"));
  EXPECT_TRUE(ReadWholeFile(huge, 100'000).ok());
}

TEST(BytesSourceTest, APipeDoesNotBlock) {
  const std::string path = testing::TempDir() + "/pipe";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(*BytesSource::File(path).Load(), "");
}

TEST(BytesSourceTest, OtherKinds) {
  EXPECT_EQ(*BytesSource::Inline("bytes").Load(), "bytes");
  EXPECT_FALSE(BytesSource().is_set());
  setenv("WEIR_BYTES_SOURCE_TEST", "value", 1);
  const BytesSource variable{BytesSource::Kind::kEnvironment, "WEIR_BYTES_SOURCE_TEST"};
  EXPECT_EQ(*variable.Load(), "value");
  EXPECT_EQ(variable.Name(), "WEIR_BYTES_SOURCE_TEST");
  unsetenv("WEIR_BYTES_SOURCE_TEST");
  EXPECT_FALSE(variable.Load().ok());
}

// M28
TEST(BytesSourceTest, TellsAFileThatIsOpenToAll) {
  const BytesSource file = BytesSource::File(WriteFile("key", "key"));
  chmod(file.text.c_str(), 0640);
  EXPECT_FALSE(file.is_open_to_all());
  chmod(file.text.c_str(), 0644);
  EXPECT_TRUE(file.is_open_to_all());
  EXPECT_FALSE(BytesSource::Inline("key").is_open_to_all());
}

TEST(BytesSourceTest, NamesHoldNoSecrets) {
  EXPECT_EQ(BytesSource::Inline("secret").Name(), "<inline>");
  EXPECT_EQ(BytesSource::File("/a/b.pem").Name(), "/a/b.pem");
  EXPECT_EQ(BytesSource::File("/a/b.pem").Directory(), "/a");
  EXPECT_EQ(BytesSource::File("/b.pem").Directory(), "/");
  EXPECT_EQ(BytesSource::File("b.pem").Directory(), ".");
  EXPECT_EQ(BytesSource::Inline("/a/b").Directory(), "");
}

}  // namespace
}  // namespace weir::tls
