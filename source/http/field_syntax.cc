#include "source/http/field_syntax.h"

namespace weir::http {

bool IsToken(std::string_view text) {
  for (char c : text) {
    if (!IsTokenByte(c)) return false;
  }
  return !text.empty();
}

bool IsLowerCaseFieldName(std::string_view name) {
  for (char c : name) {
    if (!IsTokenByte(c) || ToLower(c) != c) return false;
  }
  return !name.empty();
}

bool IsFieldValue(std::string_view value) {
  const char* const end = value.data() + value.size();
  return FindControl(value.data(), end) == end;
}

bool EqualsIgnoreCase(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (ToLower(text[i]) != lower[i]) return false;
  }
  return true;
}

std::string_view TrimOws(std::string_view text) {
  while (!text.empty() && IsOws(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsOws(text.back())) text.remove_suffix(1);
  return text;
}

bool NextListElement(std::string_view& list, std::string_view& element) {
  if (list.data() == nullptr) return false;
  const size_t comma = list.find(',');
  element = TrimOws(list.substr(0, comma));
  // A list without data() has ended; one that merely is empty has an empty element left.
  list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  return true;
}

}  // namespace weir::http
