#include "source/config/envoy_fields.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "source/base/strings.h"

namespace weir::config::envoy_fields {

namespace {

constexpr char kText[] =
#include "source/config/envoy_fields.inc"
    ;

struct Index {
  std::vector<std::string_view> types;    // sorted
  std::vector<std::string_view> members;  // " 1 name\n 2 name\n" of each
};

Index* BuildIndex() {
  auto* index = new Index;
  std::string_view rest(kText, sizeof(kText) - 1);
  while (!rest.empty()) {
    const size_t name_end = rest.find('\n');
    index->types.push_back(rest.substr(0, name_end));
    rest.remove_prefix(name_end + 1);
    size_t end = 0;
    while (end < rest.size() && rest[end] == ' ') end = rest.find('\n', end) + 1;
    index->members.push_back(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  return index;
}

const Index& TheIndex() {
  static const Index* const index = BuildIndex();
  return *index;
}

std::string_view MembersOf(std::string_view type) {
  const Index& index = TheIndex();
  const auto found = std::lower_bound(index.types.begin(), index.types.end(), type);
  if (found == index.types.end() || *found != type) return {};
  return index.members[found - index.types.begin()];
}

// Takes the next " NUMBER NAME\n" off `rest`.
std::pair<int, std::string_view> TakeMember(std::string_view& rest) {
  const size_t end = rest.find('\n');
  const std::string_view line = rest.substr(1, end - 1);
  rest.remove_prefix(end + 1);
  const size_t space = line.find(' ');
  int number = 0;
  const bool is_number = absl::SimpleAtoi(base::ToAbsl(line.substr(0, space)), &number);
  return {is_number ? number : 0, line.substr(space + 1)};
}

}  // namespace

bool HasType(std::string_view type) {
  const auto& types = TheIndex().types;
  return std::binary_search(types.begin(), types.end(), type);
}

std::string_view NameOf(std::string_view type, int number) {
  for (std::string_view rest = MembersOf(type); !rest.empty();) {
    const auto [member_number, name] = TakeMember(rest);
    if (member_number == number) return name;
  }
  return {};
}

bool HasMember(std::string_view type, std::string_view name) {
  for (std::string_view rest = MembersOf(type); !rest.empty();) {
    const std::string_view member = TakeMember(rest).second;
    if (absl::EqualsIgnoreCase(base::ToAbsl(member), base::ToAbsl(name))) return true;
  }
  return false;
}

const std::vector<std::string_view>& Types() { return TheIndex().types; }

}  // namespace weir::config::envoy_fields
