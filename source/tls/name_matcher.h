// Tests on the names in a certificate: what the configuration allows (SubjectAltNameMatcher), and
// whether a certificate is for a host name (RFC 6125 §6.4.3). Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/config/regex.h"

namespace weir::tls {

// The subject alternative names of a certificate that can be trusted to mean what they say: one
// with a NUL or another control byte inside is left out, it would read differently elsewhere.
struct CertificateNames {
  std::vector<std::string> dns, uri, email;
  std::vector<std::string> ip;  // "10.0.0.1", "2001:db8::1"
  std::string common_name;      // of the subject; empty: none, or not one
};

struct NameMatcher {
  enum class Type : uint8_t { kAny, kDns, kUri, kEmail, kIp };
  enum class Kind : uint8_t { kExact, kPrefix, kSuffix, kContains, kRegex };

  Type type = Type::kDns;
  Kind kind = Kind::kExact;
  bool ignores_case = false;  // not for kRegex
  std::string text = {};      // lower case when ignores_case
  std::shared_ptr<const config::Regex> regex = {};
  std::string regex_text = {};  // for fingerprints

  bool Matches(const CertificateNames& names) const;

 private:
  bool MatchesDns(std::string_view name) const;
  bool MatchesText(std::string_view name) const;
};

// `pattern` is a certificate's: a wildcard stands for exactly the left-most label, and only if it
// is all of it. Case does not matter, nor one dot at the end of `name`.
bool DnsNameMatches(std::string_view pattern, std::string_view name);
// A DNS name, or an address among the ip names.
bool IsFor(const CertificateNames& names, std::string_view host);
// ASCII letters.
std::string ToLower(std::string_view text);
// An IPv4 or IPv6 address, without brackets.
bool IsIpAddress(std::string_view text);

}  // namespace weir::tls
