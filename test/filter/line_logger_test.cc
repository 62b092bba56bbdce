#include "source/filter/line_logger.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "source/base/line_writer.h"
#include "test/filter/logged_stream.h"
#include "test/support/allocation_counter.h"

namespace weir::filter {
namespace {

std::string Content(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

class LineLoggerTest : public testing::Test {
 protected:
  LineLoggerTest() { std::remove(path_.c_str()); }

  LineLogger MakeLogger(std::string_view text) {
    return LineLogger(std::make_shared<LogFormat>(*SubstitutionFormat::Compile(text), false),
                      *writer_.Open(path_), stats_);
  }

  const std::string path_ = testing::TempDir() + "/line_logger_test.log";
  base::LineWriter writer_;
  stats::Store stats_;
  test::LoggedStream stream_;
};

TEST_F(LineLoggerTest, WritesALineForEachStream) {
  const LineLogger logger = MakeLogger("%REQ(:METHOD)% %RESPONSE_CODE%\n");
  logger.Log(stream_.info);
  stream_.info.response_code = 503;
  logger.Log(stream_.info);
  ASSERT_TRUE(writer_.Flush());
  EXPECT_EQ(Content(path_), "GET 200\nGET 503\n");
}

TEST_F(LineLoggerTest, CountsLines) {
  const LineLogger logger = MakeLogger("x\n");
  const auto stats = stats_.AddGroup<LineLoggerStats>("filesystem");
  for (int i = 0; i < 3; ++i) logger.Log(stream_.info);
  EXPECT_EQ(stats->Here().write_buffered.value(), 3u);
  EXPECT_EQ(stats->Here().write_dropped.value(), 0u);
}

TEST_F(LineLoggerTest, SteadyStateAllocatesNothing) {
  const LineLogger logger = MakeLogger(SubstitutionFormat::kDefaultText);
  for (int i = 0; i < 100; ++i) logger.Log(stream_.info);
  test::AllocationCounter counter;
  for (int i = 0; i < 5; ++i) logger.Log(stream_.info);
  EXPECT_EQ(counter.count(), 0);
}

}  // namespace
}  // namespace weir::filter
