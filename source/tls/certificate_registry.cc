#include "source/tls/certificate_registry.h"

#include <algorithm>
#include <utility>

namespace weir::tls {
namespace {

constexpr int64_t kDaySeconds = 24 * 60 * 60;

void CountDays(std::vector<CertificateDetails>& list, int64_t now_s) {
  for (CertificateDetails& details : list) {
    details.days_until_expiration = std::max<int64_t>(0, (details.expires_s - now_s) / kDaySeconds);
  }
}

}  // namespace

CertificateRegistry::Registration::Registration(std::shared_ptr<CertificateRegistry> registry,
                                                uint64_t id)
    : registry_(std::move(registry)), id_(id) {}

CertificateRegistry::Registration& CertificateRegistry::Registration::operator=(
    Registration&& other) noexcept {
  std::swap(registry_, other.registry_);
  std::swap(id_, other.id_);
  return *this;
}

CertificateRegistry::Registration::~Registration() {
  if (registry_ == nullptr) return;
  std::lock_guard<std::mutex> lock(registry_->mutex_);
  registry_->entries_.erase(id_);
}

CertificateRegistry::Registration CertificateRegistry::Add(ContextCertificates certificates) {
  std::lock_guard<std::mutex> lock(mutex_);
  const uint64_t id = next_id_++;
  entries_.emplace(id, std::move(certificates));
  return Registration(shared_from_this(), id);
}

std::vector<ContextCertificates> CertificateRegistry::List(int64_t now_s) const {
  std::vector<ContextCertificates> list;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& [id, entry] : entries_) list.push_back(entry);
  }
  for (ContextCertificates& entry : list) {
    CountDays(entry.ca_cert, now_s);
    CountDays(entry.cert_chain, now_s);
  }
  return list;
}

}  // namespace weir::tls
