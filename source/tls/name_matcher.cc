#include "source/tls/name_matcher.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "source/base/strings.h"
#include "source/net/address.h"

namespace weir::tls {
namespace {

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return absl::ascii_tolower(static_cast<unsigned char>(x)) ==
           absl::ascii_tolower(static_cast<unsigned char>(y));
  });
}

template <class Test>
bool AnyOf(const std::vector<std::string>& names, Test test) {
  return std::any_of(names.begin(), names.end(), test);
}

}  // namespace

std::string ToLower(std::string_view text) { return absl::AsciiStrToLower(base::ToAbsl(text)); }

bool IsIpAddress(std::string_view text) { return net::Address::ParseIp(text, 0).ok(); }

bool DnsNameMatches(std::string_view pattern, std::string_view name) {
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  if (name.empty()) return false;
  if (pattern.find('*') == std::string_view::npos) return EqualsIgnoringCase(pattern, name);
  if (pattern.substr(0, 2) != "*.") return false;
  pattern.remove_prefix(1);
  // One wildcard, and below it at least two labels: "*.com" is nobody's.
  if (pattern.find('*') != std::string_view::npos) return false;
  if (pattern.find('.', 1) == std::string_view::npos) return false;
  const size_t dot = name.find('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  return EqualsIgnoringCase(pattern, name.substr(dot));
}

bool IsFor(const CertificateNames& names, std::string_view host) {
  if (IsIpAddress(host)) {
    const auto wanted = net::Address::ParseIp(host, 0);
    return AnyOf(names.ip, [&](const std::string& ip) {
      const auto address = net::Address::ParseIp(ip, 0);
      return address.ok() && *address == *wanted;
    });
  }
  return AnyOf(names.dns, [&](const std::string& dns) { return DnsNameMatches(dns, host); });
}

bool NameMatcher::MatchesText(std::string_view name) const {
  if (kind == Kind::kRegex) return regex != nullptr && regex->FullMatch(name);
  std::string folded;
  if (ignores_case) name = folded = ToLower(name);
  switch (kind) {
    case Kind::kExact:
      return name == text;
    case Kind::kPrefix:
      return name.starts_with(text);
    case Kind::kSuffix:
      return name.ends_with(text);
    case Kind::kContains:
      return name.find(text) != std::string_view::npos;
    case Kind::kRegex:
      break;
  }
  return false;
}

bool NameMatcher::MatchesDns(std::string_view name) const {
  return kind == Kind::kExact ? DnsNameMatches(name, text) : MatchesText(name);
}

bool NameMatcher::Matches(const CertificateNames& names) const {
  const auto as_text = [this](const std::string& name) { return MatchesText(name); };
  const auto as_dns = [this](const std::string& name) { return MatchesDns(name); };
  switch (type) {
    case Type::kDns:
      return AnyOf(names.dns, as_dns);
    case Type::kUri:
      return AnyOf(names.uri, as_text);
    case Type::kEmail:
      return AnyOf(names.email, as_text);
    case Type::kIp:
      return AnyOf(names.ip, as_text);
    case Type::kAny:
      return AnyOf(names.dns, as_dns) || AnyOf(names.uri, as_text) || AnyOf(names.email, as_text) ||
             AnyOf(names.ip, as_text);
  }
  return false;
}

}  // namespace weir::tls
