// What one access-log line looks like: a text with command operators, or a JSON object whose leaf
// strings are such texts. Made by log_format_parser.cc; immutable, shared by workers. Appending
// allocates nothing once `out` has room.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "source/filter/substitution_format.h"

namespace weir::filter {

// A value of a JSON format.
struct JsonTemplate {
  enum class Kind : uint8_t { kLiteral, kFormat, kObject, kList };

  Kind kind = Kind::kLiteral;
  std::string literal;  // JSON already: a number, true, null
  std::shared_ptr<const SubstitutionFormat> format;
  std::vector<std::string> keys;      // kObject: quoted, with the colon behind
  std::vector<JsonTemplate> members;  // kObject, kList
};

class LogFormat {
 public:
  // With `omits_empty`, what has no value is "" in text, and its key is left out of JSON.
  LogFormat(std::shared_ptr<const SubstitutionFormat> text, bool omits_empty);
  // Keys come out in the order of `object`; a newline ends the line.
  LogFormat(JsonTemplate object, bool omits_empty);
  // Envoy's default line.
  static std::shared_ptr<const LogFormat> Default();

  void AppendLine(const StreamInfo& info, std::string& out) const;

 private:
  // False, with nothing appended, when there is no value and such are omitted.
  bool AppendJson(const JsonTemplate& value, const StreamInfo& info, std::string& out) const;
  void AppendMembers(const JsonTemplate& value, const StreamInfo& info, std::string& out) const;

  const std::shared_ptr<const SubstitutionFormat> text_;  // null: JSON
  const JsonTemplate object_;
  const bool omits_empty_;
};

}  // namespace weir::filter
