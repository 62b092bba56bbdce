#include "source/routing/folded_text.h"

#include <algorithm>

namespace weir::routing {

std::string Folded(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = FoldByte(c);
  return out;
}

bool EqualFolded(std::string_view a, std::string_view b) { return TextEqual<true>()(a, b); }

bool StartsWithFolded(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && EqualFolded(text.substr(0, prefix.size()), prefix);
}

bool EndsWithFolded(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() &&
         EqualFolded(text.substr(text.size() - suffix.size()), suffix);
}

bool ContainsFolded(std::string_view text, std::string_view folded_part) {
  const auto found =
      std::search(text.begin(), text.end(), folded_part.begin(), folded_part.end(),
                  [](char of_text, char of_part) { return FoldByte(of_text) == of_part; });
  return found != text.end() || folded_part.empty();
}

}  // namespace weir::routing
