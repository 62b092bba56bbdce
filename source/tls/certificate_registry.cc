#include "source/tls/certificate_registry.h"

#include <algorithm>
#include <utility>

namespace weir::tls {
namespace {

constexpr int64_t kDaySeconds = 24 * 60 * 60;

int64_t DaysLeft(int64_t expires_s, int64_t now_s) {
  return std::max<int64_t>(0, (expires_s - now_s) / kDaySeconds);
}

void CountDays(std::vector<CertificateDetails>& list, int64_t now_s) {
  for (CertificateDetails& details : list) {
    details.days_until_expiration = DaysLeft(details.expires_s, now_s);
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

std::optional<FirstToExpire> CertificateRegistry::First(int64_t now_s) const {
  std::lock_guard<std::mutex> lock(mutex_);
  const std::string* context = nullptr;
  const CertificateDetails* first = nullptr;
  for (const auto& [id, entry] : entries_) {
    for (const auto* list : {&entry.ca_cert, &entry.cert_chain}) {
      for (const CertificateDetails& details : *list) {
        if (first != nullptr && first->expires_s <= details.expires_s) continue;
        first = &details;
        context = &entry.context;
      }
    }
  }
  if (first == nullptr) return std::nullopt;
  return FirstToExpire{*context, first->path, first->expires_s, DaysLeft(first->expires_s, now_s)};
}

}  // namespace weir::tls
