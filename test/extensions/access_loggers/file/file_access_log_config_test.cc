#include "source/extensions/access_loggers/file/file_access_log_config.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "envoy/extensions/access_loggers/file/v3/file.pb.h"
#include "test/filter/factory_fixture.h"
#include "test/filter/logged_stream.h"

namespace weir::extensions::file {
namespace {

using envoy::extensions::access_loggers::file::v3::FileAccessLog;

class FileAccessLogTest : public test::FactoryFixture {
 protected:
  FileAccessLogTest() { std::remove(path_.c_str()); }

  std::shared_ptr<const filter::AccessLogger> Parse(const std::string& text) {
    return factory_->Parse(Pack<FileAccessLog>(text), context_, faults_);
  }
  // What a logger so configured writes for one request.
  std::string Line(const std::string& format) {
    const auto logger = Parse("path: '" + path_ + "' " + format);
    EXPECT_TRUE(faults_.ok()) << faults_.ToString();
    if (logger == nullptr) return "";
    logger->Log(stream_.info);
    EXPECT_TRUE(writer_.Flush());
    std::ostringstream out;
    out << std::ifstream(path_).rdbuf();
    std::remove(path_.c_str());
    EXPECT_TRUE(writer_.Flush());
    return out.str();
  }

  const std::string path_ = testing::TempDir() + "/file_access_log_test.log";
  base::LineWriter writer_;
  const std::unique_ptr<filter::AccessLoggerFactory> factory_ = CreateFactory(writer_);
  test::LoggedStream stream_;
};

TEST_F(FileAccessLogTest, IsEnvoys) {
  EXPECT_EQ(factory_->id().name, "envoy.access_loggers.file");
  EXPECT_EQ(factory_->id().config_type, FileAccessLog::descriptor()->full_name());
}

TEST_F(FileAccessLogTest, DefaultFormat) {
  EXPECT_EQ(Line("").substr(0, 66),
            "[2026-01-01T00:04:05.012Z] \"GET /a?b=1 HTTP/1.1\" 200 - 12 34 12 5 ");
}

TEST_F(FileAccessLogTest, EveryFormField) {
  EXPECT_EQ(Line("format: '%RESPONSE_CODE%\\n'"), "200\n");
  const std::string object = "{ fields { key: 'code' value { string_value: '%RESPONSE_CODE%' } } }";
  EXPECT_EQ(Line("json_format " + object), "{\"code\":200}\n");
  EXPECT_EQ(Line("typed_json_format " + object), "{\"code\":200}\n");
  EXPECT_EQ(Line("log_format { json_format " + object + " }"), "{\"code\":200}\n");
  EXPECT_EQ(Line("log_format { text_format_source { inline_string: '%PROTOCOL%\\n' } }"),
            "HTTP/1.1\n");
}

TEST_F(FileAccessLogTest, FaultsSayWhere) {
  EXPECT_EQ(Parse("path: '/none/access.log'"), nullptr);
  EXPECT_EQ(Parse("path: '" + path_ + "' format: '%NOPE'"), nullptr);
  EXPECT_EQ(Parse("path: '" + path_ + "' log_format { text_format: '%NOPE' }"), nullptr);
  ASSERT_EQ(faults_.faults().size(), 3u);
  EXPECT_EQ(Lines()[0], "path: cannot open /none/access.log: No such file or directory");
  EXPECT_EQ(faults_.faults()[1].path, "format");
  EXPECT_EQ(faults_.faults()[2].path, "log_format.text_format");
}

}  // namespace
}  // namespace weir::extensions::file
