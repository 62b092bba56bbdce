#include "source/base/line_writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>

#include "test/support/allocation_counter.h"

namespace weir::base {
namespace {

std::string PathFor(const std::string& name) {
  const std::string path = testing::TempDir() + "/line_writer_" + name;
  std::remove(path.c_str());
  return path;
}

std::string Content(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

std::shared_ptr<LineFile> Open(LineWriter& writer, const std::string& path) {
  auto file = writer.Open(path);
  EXPECT_TRUE(file.ok()) << file.status();
  return *file;
}

TEST(LineWriterTest, FlushedLinesAreInTheFile) {
  const std::string path = PathFor("flush");
  LineWriter writer;
  const auto file = Open(writer, path);
  EXPECT_TRUE(file->Write("one\n"));
  EXPECT_TRUE(file->Write("two\n"));
  EXPECT_TRUE(writer.Flush());
  EXPECT_EQ(Content(path), "one\ntwo\n");
  file->Write("three\n");
  EXPECT_TRUE(writer.Flush());
  EXPECT_EQ(Content(path), "one\ntwo\nthree\n");
}

TEST(LineWriterTest, AppendsToWhatIsThere) {
  const std::string path = PathFor("append");
  std::ofstream(path) << "old\n";
  LineWriter writer;
  Open(writer, path)->Write("new\n");
  EXPECT_TRUE(writer.Flush());
  EXPECT_EQ(Content(path), "old\nnew\n");
}

TEST(LineWriterTest, EndOfTheWriterWritesTheRest) {
  const std::string path = PathFor("end");
  std::shared_ptr<LineFile> file;
  {
    LineWriter writer;
    file = Open(writer, path);
    file->Write("last\n");
  }
  EXPECT_EQ(Content(path), "last\n");
  // Nobody writes any more: accepted or not, it must not crash.
  file->Write("lost\n");
}

TEST(LineWriterTest, UnusedFileIsWrittenBeforeItIsForgotten) {
  const std::string path = PathFor("unused");
  LineWriter writer;
  Open(writer, path)->Write("kept\n");
  EXPECT_TRUE(writer.Flush());
  EXPECT_EQ(Content(path), "kept\n");
}

TEST(LineWriterTest, OnePathIsOneFile) {
  const std::string path = PathFor("shared");
  LineWriter writer;
  const auto a = Open(writer, path);
  const auto b = Open(writer, path);
  EXPECT_EQ(a, b);
}

TEST(LineWriterTest, OpenSaysWhatIsWrong) {
  LineWriter writer;
  const auto file = writer.Open("/none/access.log");
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.status().message(), "cannot open /none/access.log: No such file or directory");
}

TEST(LineWriterTest, MovedFileIsOpenedAgain) {
  const std::string path = PathFor("moved"), old = PathFor("moved.1");
  LineWriter writer;
  const auto file = Open(writer, path);
  file->Write("before\n");
  EXPECT_TRUE(writer.Flush());
  ASSERT_EQ(std::rename(path.c_str(), old.c_str()), 0);
  EXPECT_TRUE(writer.Flush());  // notices
  file->Write("after\n");
  EXPECT_TRUE(writer.Flush());
  EXPECT_EQ(Content(old), "before\n");
  EXPECT_EQ(Content(path), "after\n");
}

TEST(LineWriterTest, ReopenMakesARemovedFileAgain) {
  const std::string path = PathFor("reopen");
  LineWriter writer;
  const auto file = Open(writer, path);
  file->Write("lost with the file\n");
  EXPECT_TRUE(writer.Flush());
  ASSERT_EQ(std::remove(path.c_str()), 0);
  writer.Reopen();
  EXPECT_TRUE(writer.Flush());
  file->Write("line\n");
  EXPECT_TRUE(writer.Flush());
  EXPECT_EQ(Content(path), "line\n");
}

TEST(LineWriterTest, FileStaysWhenItsFolderIsGone) {
  const std::string folder = PathFor("folder"), moved = PathFor("folder.1");
  ASSERT_EQ(mkdir(folder.c_str(), 0700), 0);
  LineWriter writer;
  const auto file = Open(writer, folder + "/log");
  ASSERT_EQ(std::rename(folder.c_str(), moved.c_str()), 0);
  EXPECT_TRUE(writer.Flush());
  file->Write("still\n");
  EXPECT_TRUE(writer.Flush());
  EXPECT_EQ(Content(moved + "/log"), "still\n");
}

TEST(LineWriterTest, LinesOfManyThreadsAreWholeAndInTheirOrder) {
  const std::string path = PathFor("threads");
  constexpr int kThreads = 4, kLines = 20'000;
  {
    LineWriter writer;
    const auto file = Open(writer, path);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        SetThreadIndex(t + 1);
        for (int i = 0; i < kLines; ++i) {
          std::string line = std::to_string(t) + " " + std::to_string(i) + "\n";
          // The queue is bounded; this test wants every line.
          while (!file->Write(line)) std::this_thread::yield();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  std::ifstream file(path);
  int next[kThreads] = {}, thread, number, count = 0;
  while (file >> thread >> number) {
    ASSERT_EQ(number, next[thread]++);
    ++count;
  }
  EXPECT_EQ(count, kThreads * kLines);
}

TEST(LineWriterTest, SlowReaderCostsBoundedMemoryAndNoWaiting) {
  const std::string path = PathFor("pipe");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const int reader = open(path.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  LineWriter writer;
  const auto file = Open(writer, path);
  const std::string line = std::string(1023, 'x') + "\n";
  size_t accepted = 0;
  constexpr size_t kLines = 2 * LineFile::kMaxPendingBytes / 1024;
  for (size_t i = 0; i < kLines; ++i) accepted += file->Write(line);
  EXPECT_LT(accepted, kLines);
  EXPECT_GT(accepted, kLines / 4);
  EXPECT_EQ(file->dropped_lines(), kLines - accepted);
  close(reader);
}

TEST(LineWriterTest, PipeWithoutReaderIsRefused) {
  const std::string path = PathFor("lonely");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  LineWriter writer;
  EXPECT_FALSE(writer.Open(path).ok());
}

TEST(LineWriterTest, BrokenPipeIsCountedNotFatal) {
  const std::string path = PathFor("broken");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const int reader = open(path.c_str(), O_RDONLY | O_NONBLOCK);
  LineWriter writer;
  const auto file = Open(writer, path);
  close(reader);
  file->Write("one\n");
  file->Write("two\n");
  EXPECT_TRUE(writer.Flush());
  EXPECT_EQ(file->dropped_lines(), 2u);
}

TEST(LineWriterTest, StandardStreams) {
  LineWriter writer;
  const auto file = Open(writer, "/dev/stderr");
  file->Write("a line on standard error\n");
  EXPECT_TRUE(writer.Flush());
  EXPECT_EQ(file->dropped_lines(), 0u);
}

TEST(LineWriterTest, LongLineGoesThroughWhole) {
  const std::string path = PathFor("long");
  LineWriter writer;
  const auto file = Open(writer, path);
  const std::string line = std::string(3 * LineFile::kBufferBytes, 'x') + "\n";
  EXPECT_TRUE(file->Write(line));
  EXPECT_TRUE(file->Write("short\n"));
  EXPECT_TRUE(writer.Flush());
  EXPECT_EQ(Content(path), line + "short\n");
}

TEST(LineWriterTest, SteadyWritesAllocateNothing) {
  LineWriter writer;
  const auto file = Open(writer, PathFor("steady"));
  const std::string line(100, 'x');
  for (int i = 0; i < 100; ++i) file->Write(line);
  test::AllocationCounter counter;
  for (int i = 0; i < 20; ++i) file->Write(line);
  EXPECT_EQ(counter.count(), 0);
}

}  // namespace
}  // namespace weir::base
