#include "source/config/scalar_text.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <limits>

namespace weir::config {
namespace {

TEST(ParseInteger, ReadsAsYaml) {
  struct Case {
    std::string_view text;
    bool is_quoted;
    NumberFault fault;
    int64_t value;
  };
  using F = NumberFault;
  for (const Case& c : {
           Case{"0", false, F::kNone, 0},
           Case{"42", false, F::kNone, 42},
           Case{"+42", false, F::kNone, 42},
           Case{"-42", false, F::kNone, -42},
           Case{"42", true, F::kNone, 42},
           Case{"0x1F", false, F::kNone, 31},
           Case{"0o17", false, F::kNone, 15},
           Case{"0644", false, F::kNone, 420},
           Case{"0644", true, F::kNone, 644},
           Case{"1e3", false, F::kNone, 1000},
           Case{"2.0", false, F::kNone, 2},
           Case{"2.5", false, F::kNotWhole, 0},
           Case{"089", false, F::kNotNumber, 0},
           Case{"0x", false, F::kNotNumber, 0},
           Case{"", false, F::kNotNumber, 0},
           Case{"-", false, F::kNotNumber, 0},
           Case{"1_000", false, F::kNotNumber, 0},
           Case{"ten", false, F::kNotNumber, 0},
           Case{"nan", false, F::kNotNumber, 0},
           Case{"inf", false, F::kTooLarge, 0},
           Case{"99999999999999999999", false, F::kTooLarge, 0},
           Case{"1e30", false, F::kTooLarge, 0},
       }) {
    const ParsedInteger parsed = ParseInteger(c.text, c.is_quoted);
    EXPECT_EQ(parsed.fault, c.fault) << c.text;
    if (c.fault != F::kNone) continue;
    EXPECT_EQ(static_cast<int64_t>(parsed.value), c.value) << c.text;
  }
}

TEST(ParseInteger, ReachesTheEndsOf64Bits) {
  EXPECT_EQ(FormatInteger(ParseInteger("18446744073709551615", false).value),
            "18446744073709551615");
  EXPECT_EQ(FormatInteger(ParseInteger("-9223372036854775808", false).value),
            "-9223372036854775808");
}

TEST(ParseDouble, TakesFiniteNumbersOnly) {
  EXPECT_EQ(ParseDouble("1.5"), 1.5);
  EXPECT_EQ(ParseDouble("-2"), -2.0);
  for (const std::string_view text : {"nan", "NaN", ".nan", "inf", "-inf", "1e999", "", "x"}) {
    EXPECT_EQ(ParseDouble(text), std::nullopt) << text;
  }
}

TEST(FormatDouble, ReadsBack) {
  EXPECT_EQ(FormatDouble(0.1), "0.1");
  EXPECT_EQ(FormatDouble(std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(FormatDouble(-std::numeric_limits<double>::infinity()), "-Infinity");
  EXPECT_TRUE(rc::check("a formatted double reads back", [](double value) {
    RC_ASSERT(ParseDouble(FormatDouble(value)) == value);
  }));
}

TEST(ParseBool, KnowsYamlsWordsWithoutQuotes) {
  for (const std::string_view text : {"true", "True", "TRUE", "yes", "on", "y"}) {
    EXPECT_EQ(ParseBool(text, false), true) << text;
  }
  for (const std::string_view text : {"false", "no", "Off", "n"}) {
    EXPECT_EQ(ParseBool(text, false), false) << text;
  }
  EXPECT_EQ(ParseBool("true", true), true);
  EXPECT_EQ(ParseBool("yes", true), std::nullopt);
  EXPECT_EQ(ParseBool("1", false), std::nullopt);
}

TEST(ParseDuration, TakesSecondsWithAUnit) {
  struct Case {
    std::string_view text;
    int64_t seconds;
    int32_t nanos;
  };
  for (const Case& c : {Case{"0s", 0, 0}, Case{"1.5s", 1, 500000000}, Case{"0.000000001s", 0, 1},
                        Case{"-1.25s", -1, -250000000}, Case{"315576000000s", 315576000000, 0}}) {
    const auto parsed = ParseDuration(c.text);
    ASSERT_TRUE(parsed) << c.text;
    EXPECT_EQ(parsed->seconds(), c.seconds) << c.text;
    EXPECT_EQ(parsed->nanos(), c.nanos) << c.text;
  }
  for (const std::string_view text :
       {"", "s", "1", "1ms", "1m", "1.s", ".5s", "--1s", "1e3s", "nans", "infs", "1 s", " 1s",
        "0.0000000001s", "315576000001s", "99999999999999999999s"}) {
    EXPECT_FALSE(ParseDuration(text)) << text;
  }
}

TEST(FormatDuration, ReadsBack) {
  EXPECT_EQ(FormatDuration(*ParseDuration("0.25s")), "0.250s");
  EXPECT_EQ(FormatDuration(*ParseDuration("-0.25s")), "-0.250s");
  EXPECT_EQ(FormatDuration(*ParseDuration("3s")), "3s");
  EXPECT_TRUE(rc::check("a formatted duration reads back", [] {
    google::protobuf::Duration duration;
    duration.set_seconds(*rc::gen::inRange<int64_t>(-315576000000, 315576000000));
    const auto nanos = *rc::gen::inRange(0, 1000000000);
    duration.set_nanos(duration.seconds() < 0 ? -nanos : nanos);
    const auto parsed = ParseDuration(FormatDuration(duration));
    RC_ASSERT(parsed.has_value());
    RC_ASSERT(CompareDurations(*parsed, duration) == 0);
  }));
}

TEST(IsValidDuration, RefusesWhatOnlyTheWireCanHold) {
  google::protobuf::Duration duration;
  duration.set_seconds(1);
  duration.set_nanos(-1);
  EXPECT_FALSE(IsValidDuration(duration));
  duration.set_nanos(1000000000);
  EXPECT_FALSE(IsValidDuration(duration));
  duration.set_nanos(0);
  duration.set_seconds(std::numeric_limits<int64_t>::min());
  EXPECT_FALSE(IsValidDuration(duration));
  EXPECT_EQ(FormatDuration(duration), "-9223372036854775808s");
}

TEST(Timestamp, ReadsBack) {
  const auto parsed = ParseTimestamp("2026-01-02T03:04:05.678Z");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->seconds(), 1767323045);
  EXPECT_EQ(FormatTimestamp(*parsed), "2026-01-02T03:04:05.678Z");
  EXPECT_FALSE(ParseTimestamp("yesterday"));
  EXPECT_FALSE(ParseTimestamp("infinite-future"));
}

}  // namespace
}  // namespace weir::config
