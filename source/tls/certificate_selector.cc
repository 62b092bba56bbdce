// Tested by test/tls/server_context_test.cc
#include "source/tls/certificate_selector.h"

#include <utility>

#include "source/base/strings.h"

namespace weir::tls {

CertificateSelector::CertificateSelector(Certificates certificates, OcspPolicy policy,
                                         bool scans_all)
    : certificates_(std::move(certificates)), policy_(policy), scans_all_(scans_all) {
  for (size_t i = 0; i < certificates_.size(); ++i) {
    all_.push_back(static_cast<uint16_t>(i));
    AddNames(static_cast<uint16_t>(i));
  }
}

void CertificateSelector::AddNames(uint16_t index) {
  const CertificateNames& names = certificates_[index]->names();
  std::vector<std::string> dns = names.dns;
  // The subject counts where there are no alternative names (RFC 6125 §6.4.4).
  if (dns.empty() && !names.common_name.empty()) dns.push_back(names.common_name);
  for (const std::string& name : dns) {
    const std::string folded = ToLower(name);
    const bool is_wildcard = folded.starts_with("*.") && folded.find('*', 1) == std::string::npos;
    NameMap& map = is_wildcard ? wildcards_ : exact_;
    Indexes& indexes = map[is_wildcard ? folded.substr(1) : folded];
    if (indexes.empty() || indexes.back() != index) indexes.push_back(index);
  }
}

bool CertificateSelector::IsUsable(uint16_t index, const ClientOffer& offer, int64_t now_s) const {
  const Certificate& certificate = *certificates_[index];
  if (!offer.Takes(certificate.key_type())) return false;
  if (!offer.takes_ocsp || policy_ == OcspPolicy::kLenient) return true;
  const auto& staple = certificate.ocsp_staple();
  if (!staple) return policy_ == OcspPolicy::kStrict && !certificate.requires_staple();
  return staple->IsCurrent(now_s);
}

int CertificateSelector::Best(const Indexes& candidates, const ClientOffer& offer,
                              int64_t now_s) const {
  int best = -1;
  for (const uint16_t index : candidates) {
    if (!IsUsable(index, offer, now_s)) continue;
    if (certificates_[index]->is_ecdsa()) return index;
    if (best < 0) best = index;
  }
  return best;
}

int CertificateSelector::SelectIndex(const ClientOffer& offer, int64_t now_s) const {
  const std::string& name = offer.server_name;
  if (name.empty()) return Best(all_, offer, now_s);
  if (const auto found = exact_.find(name); found != exact_.end()) {
    if (const int best = Best(found->second, offer, now_s); best >= 0) return best;
  }
  if (const size_t dot = name.find('.'); dot != std::string::npos) {
    const absl::string_view parent = base::ToAbsl(std::string_view(name).substr(dot));
    if (const auto found = wildcards_.find(parent); found != wildcards_.end()) {
      if (const int best = Best(found->second, offer, now_s); best >= 0) return best;
    }
  }
  if (!scans_all_ && IsUsable(0, offer, now_s)) return 0;
  return Best(all_, offer, now_s);
}

CertificateSelector::Choice CertificateSelector::Select(const ClientOffer& offer,
                                                        int64_t now_s) const {
  Choice choice;
  choice.index = SelectIndex(offer, now_s);
  if (choice.index < 0 || !offer.takes_ocsp) return choice;
  const auto& staple = certificates_[static_cast<size_t>(choice.index)]->ocsp_staple();
  choice.staples = staple && staple->IsCurrent(now_s);
  choice.lacks_staple = !choice.staples;
  return choice;
}

}  // namespace weir::tls
