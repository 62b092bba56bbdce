// Tested by test/tls/verification_test.cc
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "source/tls/peer_verifier.h"

namespace weir::tls {
namespace {

// Where distributions keep them.
constexpr const char* kSystemBundles[] = {
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem"};

bool LoadInto(const BytesSource& source, std::string_view field, std::string& bytes,
              config::Faults& faults) {
  if (!source.is_set()) return true;
  auto loaded = source.Load();
  if (!loaded.ok()) {
    faults.Add(field, std::string(loaded.status().message()));
    return false;
  }
  bytes = *std::move(loaded);
  if (!bytes.empty()) return true;
  // Not the same as none: nobody would be trusted, or nobody revoked, by an accident.
  faults.Add(field, absl::StrCat(source.Name(), " is empty"));
  return false;
}

bool AddSystemRoots(std::string& pem, config::Faults& faults) {
  for (const char* path : kSystemBundles) {
    if (access(path, R_OK) != 0) continue;
    auto bundle = ReadWholeFile(path, BytesSource::kMaxFileBytes);
    if (!bundle.ok() || bundle->empty()) continue;
    absl::StrAppend(&pem, pem.empty() ? "" : "\n", *bundle);
    return true;
  }
  faults.Add("system_root_certs", "this machine has no bundle of CA certificates");
  return false;
}

std::string NameText(const NameMatcher& name) {
  return absl::StrCat(static_cast<int>(name.type), ",", static_cast<int>(name.kind), ",",
                      name.ignores_case, ",", name.text.size(), ":", name.text,
                      name.regex_text.size(), ":", name.regex_text);
}

std::string FingerprintOf(const TrustMaterial& trust) {
  const ValidationConfig& config = trust.config;
  std::string text =
      absl::StrCat(config.allows_expired, config.accepts_untrusted, config.checks_leaf_crl_only,
                   config.trusts_system_roots, config.hides_ca_list, ";",
                   config.max_depth.value_or(PeerVerifier::kDefaultMaxDepth), ";",
                   Sha256(trust.ca_pem), Sha256(trust.crl_pem));
  for (const std::string& hash : config.certificate_hashes) absl::StrAppend(&text, "c", hash);
  for (const std::string& hash : config.key_hashes) absl::StrAppend(&text, "k", hash);
  for (const NameMatcher& name : config.names) absl::StrAppend(&text, "n", NameText(name));
  return Sha256(text);
}

template <class T>
void Append(std::vector<T>& list, const std::vector<T>& more) {
  list.insert(list.end(), more.begin(), more.end());
}

}  // namespace

std::shared_ptr<const TrustMaterial> TrustMaterial::Load(const ValidationConfig& config,
                                                         config::Faults& faults) {
  auto out = std::make_shared<TrustMaterial>();
  out->config = config;
  bool is_good = LoadInto(config.trusted_ca, "trusted_ca", out->ca_pem, faults);
  is_good &= LoadInto(config.crl, "crl", out->crl_pem, faults);
  if (config.trusts_system_roots) is_good &= AddSystemRoots(out->ca_pem, faults);
  if (!is_good) return nullptr;
  out->fingerprint_ = FingerprintOf(*out);
  // A combined context may bring the CA of a CRL that stands alone here.
  if (out->ca_pem.empty()) return out;
  // Finds out now what is wrong with the certificates.
  if (auto probe = PeerVerifier::Create(out, PeerRole::kServer); !probe.ok()) {
    faults.Add("", std::string(probe.status().message()));
    return nullptr;
  }
  return out;
}

std::shared_ptr<const TrustMaterial> TrustMaterial::Combine(const TrustMaterial& under,
                                                            const TrustMaterial& over) {
  auto out = std::make_shared<TrustMaterial>(under);
  ValidationConfig& config = out->config;
  if (!over.ca_pem.empty()) {
    out->ca_pem = over.ca_pem;
    config.trusted_ca = over.config.trusted_ca;
    config.trusts_system_roots = over.config.trusts_system_roots;
  }
  if (!over.crl_pem.empty()) {
    out->crl_pem = over.crl_pem;
    config.crl = over.config.crl;
  }
  Append(config.certificate_hashes, over.config.certificate_hashes);
  Append(config.key_hashes, over.config.key_hashes);
  Append(config.names, over.config.names);
  config.allows_expired |= over.config.allows_expired;
  config.accepts_untrusted |= over.config.accepts_untrusted;
  config.checks_leaf_crl_only |= over.config.checks_leaf_crl_only;
  config.hides_ca_list |= over.config.hides_ca_list;
  if (over.config.max_depth) config.max_depth = over.config.max_depth;
  out->fingerprint_ = FingerprintOf(*out);
  return out;
}

}  // namespace weir::tls
