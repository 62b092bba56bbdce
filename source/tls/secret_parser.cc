#include "source/tls/secret_parser.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "envoy/config/core/v3/base.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/common.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "envoy/type/matcher/v3/regex.pb.h"
#include "envoy/type/matcher/v3/string.pb.h"
#include "source/base/strings.h"
#include "source/tls/status_fault.h"

namespace weir::tls {
namespace {

using envoy::config::core::v3::DataSource;
using StringMatcherProto = envoy::type::matcher::v3::StringMatcher;

constexpr size_t kHashBytes = 32;

BytesSource ParseSource(const DataSource& in) {
  switch (in.specifier_case()) {
    case DataSource::kFilename:
      return {BytesSource::Kind::kFile, in.filename()};
    case DataSource::kInlineBytes:
      return {BytesSource::Kind::kInline, in.inline_bytes()};
    case DataSource::kInlineString:
      return {BytesSource::Kind::kInline, in.inline_string()};
    case DataSource::kEnvironmentVariable:
      return {BytesSource::Kind::kEnvironment, in.environment_variable()};
    case DataSource::SPECIFIER_NOT_SET:
      break;
  }
  return {};
}

// With or without colons between the bytes.
bool ParseHexHash(const std::string& in, std::string& out) {
  const std::string digits = absl::StrReplaceAll(in, {{":", ""}});
  if (digits.size() != 2 * kHashBytes) return false;
  for (const char c : digits) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return false;
  }
  out = absl::HexStringToBytes(digits);
  return true;
}

void ParseHashes(const proto::CertificateValidationContext& in, ValidationConfig& out,
                 config::Faults& faults) {
  for (int i = 0; i < in.verify_certificate_hash_size(); ++i) {
    if (ParseHexHash(in.verify_certificate_hash(i), out.certificate_hashes.emplace_back()))
      continue;
    config::Faults::Scope scope(faults, "verify_certificate_hash", static_cast<size_t>(i));
    faults.Add("", "must be the 32 bytes of a SHA-256 in hexadecimal");
  }
  for (int i = 0; i < in.verify_certificate_spki_size(); ++i) {
    std::string& hash = out.key_hashes.emplace_back();
    if (absl::Base64Unescape(in.verify_certificate_spki(i), &hash) && hash.size() == kHashBytes) {
      continue;
    }
    config::Faults::Scope scope(faults, "verify_certificate_spki", static_cast<size_t>(i));
    faults.Add("", "must be the 32 bytes of a SHA-256 in base64");
  }
}

void ParseRegex(const std::string& text, NameMatcher& out, config::Faults& faults) {
  auto regex = config::Regex::Compile(text);
  out.kind = NameMatcher::Kind::kRegex;
  out.regex_text = text;
  if (regex.ok()) {
    out.regex = *std::move(regex);
  } else {
    faults.Add("safe_regex.regex", absl::StrCat("not a regular expression that can be used: ",
                                                regex.status().ToString()));
  }
}

NameMatcher ParseMatcher(const StringMatcherProto& in, NameMatcher::Type type,
                         config::Faults& faults) {
  NameMatcher out;
  out.type = type;
  out.ignores_case = in.ignore_case();
  switch (in.match_pattern_case()) {
    case StringMatcherProto::kExact:
      out.text = in.exact();
      break;
    case StringMatcherProto::kPrefix:
      out.kind = NameMatcher::Kind::kPrefix;
      out.text = in.prefix();
      break;
    case StringMatcherProto::kSuffix:
      out.kind = NameMatcher::Kind::kSuffix;
      out.text = in.suffix();
      break;
    case StringMatcherProto::kContains:
      out.kind = NameMatcher::Kind::kContains;
      out.text = in.contains();
      break;
    case StringMatcherProto::kSafeRegex:
      ParseRegex(in.safe_regex().regex(), out, faults);
      break;
    case StringMatcherProto::MATCH_PATTERN_NOT_SET:
      faults.Add("", "one of exact, prefix, suffix, contains, safe_regex is required");
      break;
  }
  if (out.ignores_case) out.text = ToLower(out.text);
  return out;
}

NameMatcher::Type TypeOf(proto::SubjectAltNameMatcher::SanType type) {
  switch (type) {
    case proto::SubjectAltNameMatcher::EMAIL:
      return NameMatcher::Type::kEmail;
    case proto::SubjectAltNameMatcher::URI:
      return NameMatcher::Type::kUri;
    case proto::SubjectAltNameMatcher::IP_ADDRESS:
      return NameMatcher::Type::kIp;
    default:
      return NameMatcher::Type::kDns;
  }
}

void ParseNames(const proto::CertificateValidationContext& in, ValidationConfig& out,
                config::Faults& faults) {
  for (int i = 0; i < in.match_typed_subject_alt_names_size(); ++i) {
    config::Faults::Scope scope(faults, "match_typed_subject_alt_names", static_cast<size_t>(i));
    config::Faults::Scope matcher(faults, "matcher");
    const auto& name = in.match_typed_subject_alt_names(i);
    out.names.push_back(ParseMatcher(name.matcher(), TypeOf(name.san_type()), faults));
  }
  for (int i = 0; i < in.match_subject_alt_names_size(); ++i) {
    config::Faults::Scope scope(faults, "match_subject_alt_names", static_cast<size_t>(i));
    out.names.push_back(
        ParseMatcher(in.match_subject_alt_names(i), NameMatcher::Type::kAny, faults));
  }
}

template <class Names>
std::vector<std::string> ToVector(const Names& names) {
  return {names.begin(), names.end()};
}

}  // namespace

CertificateConfig ParseCertificate(const proto::TlsCertificate& in, config::Faults&) {
  return {.chain = ParseSource(in.certificate_chain()),
          .private_key = ParseSource(in.private_key()),
          .password = ParseSource(in.password()),
          .ocsp_staple = ParseSource(in.ocsp_staple()),
          .watched_directory = in.watched_directory().path()};
}

ValidationConfig ParseValidation(const proto::CertificateValidationContext& in,
                                 config::Faults& faults) {
  ValidationConfig out;
  out.trusted_ca = ParseSource(in.trusted_ca());
  out.crl = ParseSource(in.crl());
  out.trusts_system_roots = in.has_system_root_certs();
  ParseHashes(in, out, faults);
  ParseNames(in, out, faults);
  out.allows_expired = in.allow_expired_certificate();
  out.accepts_untrusted =
      in.trust_chain_verification() == proto::CertificateValidationContext::ACCEPT_UNTRUSTED;
  out.checks_leaf_crl_only = in.only_verify_leaf_cert_crl();
  out.hides_ca_list = in.suppress_client_ca_list();
  if (in.has_max_verify_depth()) out.max_depth = in.max_verify_depth().value();
  out.watched_directory = in.watched_directory().path();
  return out;
}

TicketKeysConfig ParseTicketKeys(const proto::TlsSessionTicketKeys& in, config::Faults&) {
  TicketKeysConfig out;
  for (const DataSource& key : in.keys()) out.keys.push_back(ParseSource(key));
  return out;
}

SecretDefinition ParseSecret(const proto::Secret& in, config::Faults& faults) {
  SecretDefinition out;
  out.name = in.name();
  if (out.name.empty()) faults.Add("name", "is required");
  switch (in.type_case()) {
    case proto::Secret::kTlsCertificate:
      out.secret = ParseCertificate(in.tls_certificate(), faults);
      break;
    case proto::Secret::kSessionTicketKeys:
      out.secret = ParseTicketKeys(in.session_ticket_keys(), faults);
      break;
    case proto::Secret::kValidationContext: {
      config::Faults::Scope scope(faults, "validation_context");
      out.secret = ParseValidation(in.validation_context(), faults);
      break;
    }
    case proto::Secret::TYPE_NOT_SET:
      faults.Add("", "one of tls_certificate, session_ticket_keys, validation_context is required");
      break;
  }
  return out;
}

SecretReference ParseReference(const proto::SdsSecretConfig& in) {
  return {in.name(), in.has_sds_config() ? &in.sds_config() : nullptr};
}

TlsParameters ParseParameters(const proto::TlsParameters& in, config::Faults& faults) {
  using Proto = proto::TlsParameters;
  const size_t before = faults.faults().size();
  const auto min = in.tls_minimum_protocol_version();
  const auto max = in.tls_maximum_protocol_version();
  const auto is_gone = [](Proto::TlsProtocol version) {
    return version == Proto::TLSv1_0 || version == Proto::TLSv1_1;
  };
  constexpr char kGone[] = "TLS 1.0 and 1.1 are not offered (RFC 8996)";
  if (is_gone(min)) faults.Add("tls_minimum_protocol_version", kGone);
  if (is_gone(max)) faults.Add("tls_maximum_protocol_version", kGone);
  TlsParameters out;
  out.allows_tls12 = min != Proto::TLSv1_3;
  out.allows_tls13 = max != Proto::TLSv1_2;
  if (!out.allows_tls12 && !out.allows_tls13) {
    faults.Add("tls_maximum_protocol_version", "is below tls_minimum_protocol_version");
  }
  out.cipher_suites = ToVector(in.cipher_suites());
  out.curves = ToVector(in.ecdh_curves());
  out.signature_algorithms = ToVector(in.signature_algorithms());
  if (faults.faults().size() != before) return out;
  if (const absl::Status status = CheckParameters(out); !status.ok()) AddFault(status, faults);
  return out;
}

bool SecretManager::AddStatic(const proto::Secret& secret, config::Faults& faults) {
  const size_t before = faults.faults().size();
  const SecretDefinition definition = ParseSecret(secret, faults);
  return faults.faults().size() == before && AddStatic(definition, faults);
}

bool SecretManager::Deliver(const xds::ResourceSource& from, const proto::Secret& secret,
                            config::Faults& faults) {
  const size_t before = faults.faults().size();
  const SecretDefinition definition = ParseSecret(secret, faults);
  return faults.faults().size() == before && Deliver(from, definition, faults);
}

}  // namespace weir::tls
