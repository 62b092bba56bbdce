#include "source/extensions/access_loggers/stdout/stdout_access_log_config.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "envoy/extensions/access_loggers/stream/v3/stream.pb.h"
#include "test/filter/factory_fixture.h"
#include "test/filter/logged_stream.h"

namespace weir::extensions::stdout_access_log {
namespace {

using envoy::extensions::access_loggers::stream::v3::StderrAccessLog;
using envoy::extensions::access_loggers::stream::v3::StdoutAccessLog;

// Lets a file stand for one of the process's streams as long as it lives.
class StreamCapture {
 public:
  StreamCapture(int fd, std::string path) : fd_(fd), saved_(dup(fd)), path_(std::move(path)) {
    const int file = open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(file, fd_);
    close(file);
  }
  ~StreamCapture() {
    dup2(saved_, fd_);
    close(saved_);
  }
  std::string Content() const {
    std::ostringstream out;
    out << std::ifstream(path_).rdbuf();
    return out.str();
  }

 private:
  const int fd_, saved_;
  const std::string path_;
};

class StdoutAccessLogTest : public test::FactoryFixture {
 protected:
  std::string Written(const filter::AccessLoggerFactory& factory, base::LineWriter& writer, int fd,
                      const google::protobuf::Any& config) {
    const StreamCapture capture(fd, testing::TempDir() + "/stdout_access_log_test");
    const auto logger = factory.Parse(config, context_, faults_);
    EXPECT_TRUE(faults_.ok()) << faults_.ToString();
    if (logger == nullptr) return "";
    logger->Log(stream_.info);
    EXPECT_TRUE(writer.Flush());
    return capture.Content();
  }

  test::LoggedStream stream_;
};

TEST_F(StdoutAccessLogTest, AreEnvoys) {
  base::LineWriter writer;
  EXPECT_EQ(CreateStdoutFactory(writer)->id().name, "envoy.access_loggers.stdout");
  EXPECT_EQ(CreateStderrFactory(writer)->id().name, "envoy.access_loggers.stderr");
  EXPECT_EQ(CreateStdoutFactory(writer)->id().config_type,
            StdoutAccessLog::descriptor()->full_name());
  EXPECT_EQ(CreateStderrFactory(writer)->id().config_type,
            StderrAccessLog::descriptor()->full_name());
}

TEST_F(StdoutAccessLogTest, WritesToStandardOutput) {
  base::LineWriter writer;
  EXPECT_EQ(Written(*CreateStdoutFactory(writer), writer, STDOUT_FILENO,
                    Pack<StdoutAccessLog>("log_format { text_format: '%RESPONSE_CODE%\\n' }")),
            "200\n");
}

TEST_F(StdoutAccessLogTest, WritesToStandardError) {
  base::LineWriter writer;
  const std::string line =
      Written(*CreateStderrFactory(writer), writer, STDERR_FILENO, Pack<StderrAccessLog>(""));
  EXPECT_EQ(line.substr(0, 50), "[2026-01-01T00:04:05.012Z] \"GET /a?b=1 HTTP/1.1\" 2");
}

TEST_F(StdoutAccessLogTest, FaultsSayWhere) {
  base::LineWriter writer;
  EXPECT_EQ(CreateStdoutFactory(writer)->Parse(
                Pack<StdoutAccessLog>("log_format { text_format: '%NOPE%' }"), context_, faults_),
            nullptr);
  ASSERT_EQ(faults_.faults().size(), 1u);
  EXPECT_EQ(faults_.faults()[0].path, "log_format.text_format");
}

}  // namespace
}  // namespace weir::extensions::stdout_access_log
