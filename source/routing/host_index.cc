#include "source/routing/host_index.h"

#include <algorithm>
#include <utility>

namespace weir::routing {

namespace {

std::string_view WithoutPort(std::string_view authority) {
  const size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos) return authority;
  const size_t bracket = authority.rfind(']');
  // "[::1]": the colons are the address's own.
  if (bracket != std::string_view::npos && bracket > colon) return authority;
  return authority.substr(0, colon);
}

// The value of the longest key that is shorter than the text.
template <class Text>
uint32_t LongestOf(const ByteTrie& trie, Text text) {
  uint32_t longest = HostIndex::kNone;
  trie.Walk(text, [&](uint32_t value, size_t key_size) {
    if (key_size < text.bytes.size()) longest = value;
  });
  return longest;
}

}  // namespace

bool HostIndex::Builder::Add(std::string_view domain, uint32_t virtual_host) {
  std::string folded = Folded(domain);
  if (folded == "*") return std::exchange(any_, virtual_host) == kNone;
  if (folded.front() == '*') {
    std::string backwards(folded.rbegin(), folded.rend() - 1);
    return suffixes_.emplace(std::move(backwards), virtual_host).second;
  }
  if (folded.back() == '*') {
    folded.pop_back();
    return prefixes_.emplace(std::move(folded), virtual_host).second;
  }
  return exact_.emplace(std::move(folded), virtual_host).second;
}

HostIndex HostIndex::Builder::Build(bool ignores_port) && {
  HostIndex out;
  out.ignores_port_ = ignores_port;
  out.any_ = any_;
  out.exact_ = std::move(exact_);
  out.suffixes_ = ByteTrie(std::vector<ByteTrie::Entry>(suffixes_.begin(), suffixes_.end()));
  out.prefixes_ = ByteTrie(std::vector<ByteTrie::Entry>(prefixes_.begin(), prefixes_.end()));
  return out;
}

uint32_t HostIndex::Find(std::string_view authority) const {
  if (ignores_port_) authority = WithoutPort(authority);
  if (!exact_.empty()) {
    if (const auto found = exact_.find(authority); found != exact_.end()) return found->second;
  }
  if (!suffixes_.empty()) {
    const uint32_t found = LongestOf(suffixes_, FoldedBackwardText{authority});
    if (found != kNone) return found;
  }
  if (!prefixes_.empty()) {
    const uint32_t found = LongestOf(prefixes_, FoldedText{authority});
    if (found != kNone) return found;
  }
  return any_;
}

const char* FaultOfDomain(std::string_view domain) {
  if (domain.empty()) return "must not be empty";
  if (domain.size() > 255) return "must have at most 255 bytes";
  const size_t star = domain.find('*');
  if (star != std::string_view::npos) {
    const bool at_an_end = star == 0 || star == domain.size() - 1;
    if (!at_an_end || domain.find('*', star + 1) != std::string_view::npos) {
      return "may have one '*', at its beginning or at its end";
    }
  }
  const auto is_bad = [](unsigned char c) { return c <= ' ' || c == 0x7f || c == '/'; };
  if (std::any_of(domain.begin(), domain.end(), is_bad)) {
    return "must hold no space, control byte or '/'";
  }
  return nullptr;
}

}  // namespace weir::routing
