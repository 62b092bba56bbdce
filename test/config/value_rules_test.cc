#include "source/config/value_rules.h"

#include <gtest/gtest.h>

#include <limits>

#include "google/protobuf/text_format.h"
#include "source/config/scalar_text.h"
#include "test/config/dynamic_type.h"

namespace weir::config {
namespace {

using google::protobuf::FieldDescriptor;

validate::FieldRules Rules(const std::string& text) {
  validate::FieldRules rules;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &rules)) << text;
  return rules;
}

TEST(CheckInteger, SaysTheRange) {
  struct Case {
    FieldDescriptor::CppType type;
    std::string rules;
    int64_t value;
    std::string fault;
  };
  constexpr auto k32 = FieldDescriptor::CPPTYPE_UINT32;
  constexpr auto k64 = FieldDescriptor::CPPTYPE_UINT64;
  for (const Case& c : {
           Case{k32, "uint32 { lte: 65535 }", 65535, ""},
           Case{k32, "uint32 { lte: 65535 }", 70000, "value 70000 is out of range (0 to 65535)"},
           Case{k32, "uint32 { lt: 600 gte: 200 }", 600, "value 600 is out of range (200 to 599)"},
           Case{k32, "uint32 { gt: 0 }", 0, "value 0 is out of range (1 to 4294967295)"},
           Case{k32, "", 4294967296, "value 4294967296 is out of range (0 to 4294967295)"},
           Case{k32, "", -1, "value -1 is out of range (0 to 4294967295)"},
           Case{k64, "uint64 { gte: 1 }", 0, "value 0 is out of range (1 or more)"},
           Case{k64, "uint64 { lte: 9 }", 10, "value 10 is out of range (0 to 9)"},
           Case{FieldDescriptor::CPPTYPE_INT32, "", 2147483648,
                "value 2147483648 is out of range (-2147483648 to 2147483647)"},
       }) {
    const validate::FieldRules rules = Rules(c.rules);
    EXPECT_EQ(CheckInteger(c.value, RangeOf(c.type, &rules)), c.fault);
  }
}

TEST(ValueRules, Doubles) {
  const validate::FieldRules percent = Rules("double { gte: 0 lte: 100 }");
  EXPECT_EQ(ValueRules(&percent).CheckDouble(100), "");
  EXPECT_EQ(ValueRules(&percent).CheckDouble(100.5), "value 100.5 is out of range (0 to 100)");
  EXPECT_EQ(ValueRules(&percent).CheckDouble(-1), "value -1 is out of range (0 to 100)");
  const validate::FieldRules open = Rules("double { gt: 0 lt: 1 }");
  EXPECT_EQ(ValueRules(&open).CheckDouble(1),
            "value 1 is out of range (more than 0 to less than 1)");
  const validate::FieldRules above = Rules("double { gt: 0 }");
  EXPECT_EQ(ValueRules(&above).CheckDouble(0), "value 0 is out of range (more than 0)");
  const validate::FieldRules below = Rules("double { lte: 1 }");
  EXPECT_EQ(ValueRules(&below).CheckDouble(2), "value 2 is out of range (1 or less)");
  for (const double odd :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(ValueRules(nullptr).CheckDouble(odd), "must be a finite number");
  }
}

TEST(ValueRules, Strings) {
  struct Case {
    std::string rules, value, fault;
  };
  for (const Case& c : {
           Case{"string { min_len: 1 }", "a", ""},
           Case{"string { min_len: 1 }", "", "must not be empty"},
           Case{"string { min_len: 3 }", "éé", "has 2 characters, must have at least 3"},
           Case{"string { max_bytes: 3 }", "éé", "has 4 bytes, may have at most 3"},
           Case{"string { pattern: '^/[a-z]+$' }", "/ab", ""},
           Case{"string { pattern: '^/[a-z]+$' }", "ab", "\"ab\" does not match ^/[a-z]+$"},
           Case{"string { in: 'UF' in: 'UH' in: 'NR' }", "UH", ""},
           Case{"string { in: 'UF' in: 'UH' in: 'NR' }", "NRR",
                "\"NRR\" is not one of UF, UH, NR (did you mean `NR`?)"},
           Case{"string { well_known_regex: HTTP_HEADER_NAME }", "x-a", ""},
           Case{"string { well_known_regex: HTTP_HEADER_NAME }", ":path", ""},
           Case{"string { well_known_regex: HTTP_HEADER_NAME }", "x a",
                "\"x a\" may not stand in a header's name"},
           Case{"string { well_known_regex: HTTP_HEADER_NAME }", "",
                "\"\" may not stand in a header's name"},
           Case{"string { well_known_regex: HTTP_HEADER_NAME ignore_empty: true }", "", ""},
           Case{"string { well_known_regex: HTTP_HEADER_NAME strict: false }", "x a", ""},
           Case{"string { well_known_regex: HTTP_HEADER_NAME strict: false }", "x\na",
                "\"x\\na\" may not stand in a header's name"},
           Case{"string { well_known_regex: HTTP_HEADER_VALUE }", "a\tb é", ""},
           Case{"string { well_known_regex: HTTP_HEADER_VALUE }", "a\x01",
                "\"a\\x01\" may not stand in a header's value"},
           Case{"string { well_known_regex: HTTP_HEADER_VALUE strict: false }", "a\rb",
                "\"a\\rb\" may not stand in a header's value"},
       }) {
    const validate::FieldRules rules = Rules(c.rules);
    EXPECT_EQ(ValueRules(&rules).CheckString(c.value), c.fault) << c.rules;
  }
  EXPECT_EQ(ValueRules(nullptr).CheckString(""), "");
}

TEST(ValueRules, Bytes) {
  const validate::FieldRules rules = Rules("bytes { min_len: 1 max_len: 2 }");
  EXPECT_EQ(ValueRules(&rules).CheckBytes("ab"), "");
  EXPECT_EQ(ValueRules(&rules).CheckBytes(""), "must not be empty");
  EXPECT_EQ(ValueRules(&rules).CheckBytes("abc"), "has 3 bytes, may have at most 2");
}

TEST(ValueRules, Enums) {
  const auto& type = *validate::KnownRegex_descriptor();
  EXPECT_EQ(ValueRules(nullptr).CheckEnum(type, 1), "");
  EXPECT_EQ(ValueRules(nullptr).CheckEnum(type, 9), "value 9 is not one of validate.KnownRegex");
  const validate::FieldRules rules = Rules("enum { not_in: 2 }");
  EXPECT_EQ(ValueRules(&rules).CheckEnum(type, 2), "HTTP_HEADER_VALUE may not be used here");
}

TEST(ValueRules, Durations) {
  struct Case {
    std::string rules, value, fault;
  };
  for (const Case& c : {
           Case{"", "0s", ""},
           Case{"", "-1s", "value -1s is out of range (0s or more)"},
           Case{"duration { gt {} }", "0s", "value 0s is out of range (more than 0s)"},
           Case{"duration { gte { nanos: 1000000 } lt { seconds: 300 } }", "0.001s", ""},
           Case{"duration { gte { nanos: 1000000 } lt { seconds: 300 } }", "300s",
                "value 300s is out of range (0.001s to less than 300s)"},
           Case{"duration { lte { seconds: 5 } }", "5s", ""},
           Case{"duration { lte { seconds: 5 } }", "6s", "value 6s is out of range (0s to 5s)"},
       }) {
    const validate::FieldRules rules = Rules(c.rules);
    EXPECT_EQ(ValueRules(&rules).CheckDuration(*ParseDuration(c.value)), c.fault) << c.rules;
  }
  google::protobuf::Duration odd;
  odd.set_nanos(2000000000);
  EXPECT_EQ(ValueRules(nullptr).CheckDuration(odd), "is not a valid duration");
}

TEST(RulesOf, FindsTheOption) {
  const DynamicType type(R"pb(
    field {
      name: 'a'
      number: 1
      type: TYPE_STRING
      label: LABEL_OPTIONAL
      options {
        [validate.rules] { string { min_len: 2 } }
      }
    }
    field { name: 'b' number: 2 type: TYPE_STRING label: LABEL_OPTIONAL }
  )pb");
  ASSERT_NE(RulesOf(type.Field("a")), nullptr);
  EXPECT_EQ(RulesOf(type.Field("a"))->string().min_len(), 2u);
  EXPECT_EQ(RulesOf(type.Field("b")), nullptr);
}

}  // namespace
}  // namespace weir::config
