#include "source/http/head_scanner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "source/base/strings.h"

namespace weir::http {
namespace {

using Result = HeadScanner::Result;

constexpr HeadScanner::Limits kLimits{1000, 100, 5};

struct Verdict {
  Result result = Result::kMore;
  size_t at = 0;  // how many bytes had been shown
  size_t size = 0;
  size_t start_line = 0;
};

// Shows `text` in steps of `step` bytes, until there is a verdict.
Verdict Scan(const std::string& text, size_t step, const HeadScanner::Limits& limits = kLimits,
             bool has_start_line = true) {
  HeadScanner scanner;
  scanner.Start(has_start_line);
  Verdict verdict;
  for (size_t shown = std::min(step, text.size());; shown = std::min(shown + step, text.size())) {
    Result result = scanner.Scan({text.data(), shown}, limits);
    if (result == Result::kStartLine) {
      EXPECT_EQ(verdict.start_line, 0u);
      verdict.start_line = scanner.start_line_size();
      result = scanner.Scan({text.data(), shown}, limits);
    }
    if (result != Result::kMore || shown == text.size()) {
      verdict.result = result;
      verdict.at = shown;
      verdict.size = scanner.size();
      return verdict;
    }
  }
}

TEST(HeadScannerTest, FindsTheEnd) {
  const std::string head = "GET / HTTP/1.1\r\na: b\r\n\r\n";
  for (size_t step = 1; step <= head.size() + 3; ++step) {
    const Verdict verdict = Scan(head + "body", step);
    EXPECT_EQ(verdict.result, Result::kComplete);
    EXPECT_EQ(verdict.size, head.size());
    EXPECT_EQ(verdict.start_line, 14u);
  }
  EXPECT_EQ(Scan(head.substr(0, head.size() - 1), 1).result, Result::kMore);
}

TEST(HeadScannerTest, SectionsWithoutStartLine) {
  EXPECT_EQ(Scan("\r\n", 1, kLimits, false).result, Result::kComplete);
  EXPECT_EQ(Scan("a: b\r\n\r\nx", 1, kLimits, false).size, 8u);
  EXPECT_EQ(Scan("\r\n", 1, kLimits, true).result, Result::kControlByte);
}

TEST(HeadScannerTest, EveryControlByteIsRefusedAsSoonAsItIsSeen) {
  for (int c = 0; c < 256; ++c) {
    const bool is_control = (c < 0x20 && c != '\t') || c == 0x7f;
    const std::string text = std::string("GET / HTTP/1.1\r\na: ") + static_cast<char>(c) + "xy";
    for (size_t step : {1, 100}) {
      const Verdict verdict = Scan(text, step);
      EXPECT_EQ(verdict.result, is_control ? Result::kControlByte : Result::kMore) << c;
      // A CR is only wrong once the byte behind it is known.
      if (is_control && step == 1) {
        EXPECT_EQ(verdict.at, c == '\r' ? text.size() - 1 : text.size() - 2);
      }
    }
  }
}

TEST(HeadScannerTest, LimitsDoNotDependOnTheSplit) {
  const std::string line = "GET / HTTP/1.1\r\n";
  const auto head_of = [&line](size_t size) {
    return line + "a:" + std::string(size - line.size() - 6, 'x') + "\r\n\r\n";
  };
  for (size_t step : {1, 7, 2000}) {
    EXPECT_EQ(Scan(head_of(1000), step).result, Result::kComplete);
    EXPECT_EQ(Scan(head_of(1001), step).result, Result::kTooLarge);
    EXPECT_EQ(Scan(head_of(1500) + "\n", step).result, Result::kTooLarge);
    // The 100 bytes of a start line are with its CRLF.
    EXPECT_EQ(Scan(base::StrCat(std::string(98, 'x'), "\r\n\r\n"), step).result, Result::kComplete);
    EXPECT_EQ(Scan(base::StrCat(std::string(99, 'x'), "\r\n\r\n"), step).result,
              Result::kStartLineTooLong);
    // A control byte before the limit wins, one behind it does not.
    EXPECT_EQ(Scan(base::StrCat(std::string(98, 'x'), "\n", std::string(50, 'x')), step).result,
              Result::kControlByte);
    EXPECT_EQ(Scan(base::StrCat(std::string(120, 'x'), "\n"), step).result,
              Result::kStartLineTooLong);
  }
}

TEST(HeadScannerTest, CountsFields) {
  std::string head = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 5; ++i) head += "a: b\r\n";
  for (size_t step : {1, 1000}) {
    EXPECT_EQ(Scan(head + "\r\n", step).result, Result::kComplete);
    EXPECT_EQ(Scan(head + "a: b\r\n\r\n", step).result, Result::kTooManyFields);
  }
}

TEST(HeadScannerTest, StartsAgain) {
  HeadScanner scanner;
  scanner.Start(true);
  EXPECT_FALSE(scanner.has_begun());
  EXPECT_EQ(scanner.Scan("A\r\n\r\n", kLimits), Result::kStartLine);
  EXPECT_EQ(scanner.Scan("A\r\n\r\n", kLimits), Result::kComplete);
  EXPECT_TRUE(scanner.has_begun());
  scanner.Start(true);
  EXPECT_FALSE(scanner.has_begun());
  EXPECT_EQ(scanner.Scan("BC\r\n", kLimits), Result::kStartLine);
  EXPECT_EQ(scanner.start_line_size(), 2u);
}

}  // namespace
}  // namespace weir::http
