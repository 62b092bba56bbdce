// MessageReader on fields of every scalar type, which the API alone does not have.
#include <gtest/gtest.h>

#include "source/config/message_reader.h"
#include "test/config/dynamic_type.h"

namespace weir::config {
namespace {

std::string FieldText(const std::string& name, int number, const std::string& type,
                      const std::string& more = "") {
  return "field { name: '" + name + "' number: " + std::to_string(number) + " type: TYPE_" + type +
         " label: LABEL_OPTIONAL " + more + " } field { name: '" + name +
         "_list' number: " + std::to_string(number + 100) + " type: TYPE_" + type +
         " label: LABEL_REPEATED " + more + " } ";
}

DynamicType& AllScalars() {
  static auto* const type = new DynamicType(
      FieldText("i32", 1, "INT32") + FieldText("i64", 2, "INT64") + FieldText("u32", 3, "UINT32") +
      FieldText("u64", 4, "UINT64") + FieldText("d", 5, "DOUBLE") + FieldText("f", 6, "FLOAT") +
      FieldText("b", 7, "BOOL") + FieldText("s", 8, "STRING") + FieldText("y", 9, "BYTES") +
      FieldText("e", 10, "ENUM", "type_name: '.test.Tested.Color'") +
      "enum_type { name: 'Color' value { name: 'NONE' number: 0 } value { name: 'RED' number: 1 } "
      "value { name: 'GREEN' number: 2 } } "
      "field { name: 'port' number: 20 type: TYPE_UINT32 label: LABEL_OPTIONAL "
      "options { [validate.rules] { uint32 { lte: 65535 } } } }");
  return *type;
}

// What reading {field: text} gives: the message in text form, or the fault.
std::string Read(const std::string& field, const std::string& text) {
  Faults faults;
  const auto document = TextDocument::Parse("{" + field + ": " + text + "}", faults);
  const auto message = AllScalars().New();
  if (document != nullptr) MessageReader(faults, {}).Read(document->root(), *message, {});
  return faults.ok() ? message->ShortDebugString() : faults.ToString();
}

TEST(ScalarReader, ReadsEveryType) {
  struct Case {
    std::string field, text, result;
  };
  for (const Case& c : {
           Case{"i32", "-7", "i32: -7"},
           Case{"i64", "\"-9223372036854775808\"", "i64: -9223372036854775808"},
           Case{"u32", "4294967295", "u32: 4294967295"},
           Case{"u64", "18446744073709551615", "u64: 18446744073709551615"},
           Case{"d", "1.5", "d: 1.5"},
           Case{"f", "\"0.25\"", "f: 0.25"},
           Case{"b", "yes", "b: true"},
           Case{"s", "text", "s: \"text\""},
           Case{"s", "12", "s: \"12\""},
           Case{"s", "\"\"", ""},
           Case{"y", "aGk=", "y: \"hi\""},
           Case{"y", "\"_-8\"", "y: \"\\377\\357\""},
           Case{"e", "red", "e: RED"},
           Case{"e", "2", "e: GREEN"},
           Case{"i32_list", "[1, -2]", "i32_list: 1 i32_list: -2"},
           Case{"i64_list", "[3]", "i64_list: 3"},
           Case{"u32_list", "[4]", "u32_list: 4"},
           Case{"u64_list", "[5]", "u64_list: 5"},
           Case{"d_list", "[0.5]", "d_list: 0.5"},
           Case{"f_list", "[0.5]", "f_list: 0.5"},
           Case{"b_list", "[true, no]", "b_list: true b_list: false"},
           Case{"s_list", "[a, b]", "s_list: \"a\" s_list: \"b\""},
           Case{"y_list", "[aGk=]", "y_list: \"hi\""},
           Case{"e_list", "[NONE, Green]", "e_list: NONE e_list: GREEN"},
       }) {
    EXPECT_EQ(Read(c.field, c.text), c.result) << c.field << " " << c.text;
  }
}

TEST(ScalarReader, SaysWhatIsWrong) {
  struct Case {
    std::string field, text, fault;
  };
  for (const Case& c : {
           Case{"port", "70000", "port: value 70000 is out of range (0 to 65535)"},
           Case{"port", "-1", "port: value -1 is out of range (0 to 65535)"},
           Case{"u32", "4294967296", "u32: value 4294967296 is out of range (0 to 4294967295)"},
           Case{"u64", "-1", "u64: value -1 is out of range (0 or more)"},
           Case{"i64", "99999999999999999999",
                "i64: value 99999999999999999999 is out of range (-9223372036854775808 to "
                "9223372036854775807)"},
           Case{"i64", "9223372036854775808",
                "i64: value 9223372036854775808 is out of range (-9223372036854775808 or more)"},
           Case{"u32", "1.5", "u32: 1.5 is not a whole number"},
           Case{"u32", "ten", "u32: \"ten\" is not a number"},
           Case{"u32", "\"\"", "u32: \"\" is not a number"},
           Case{"u32", ".nan", "u32: \".nan\" is not a number"},
           Case{"d", ".nan", "d: \".nan\" is not a finite number"},
           Case{"d", "NaN", "d: \"NaN\" is not a finite number"},
           Case{"d", "1e999", "d: \"1e999\" is not a finite number"},
           Case{"b", "1", "b: \"1\" is not true or false"},
           Case{"b", "\"yes\"", "b: \"yes\" is not true or false"},
           Case{"y", "\"a*\"", "y: \"a*\" is not base64"},
           Case{"e", "GREEM",
                "e: \"GREEM\" is not one of NONE, RED, GREEN (did you mean `GREEN`?)"},
           Case{"e", "7", "e: value 7 is not one of test.Tested.Color"},
           Case{"s_list", "[a, ~]", "s_list[1]: must not be null"},
           Case{"s", "{}", "s: must be one value, not a map"},
       }) {
    EXPECT_EQ(Read(c.field, c.text), c.fault) << c.field << " " << c.text;
  }
}

}  // namespace
}  // namespace weir::config
