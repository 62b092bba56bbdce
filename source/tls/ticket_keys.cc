#include "source/tls/ticket_keys.h"

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "source/base/check.h"
#include "source/tls/tls_library.h"

namespace weir::tls {
namespace {

static_assert(sizeof(TicketKey) == TicketKey::kBytes);

void Wipe(std::vector<TicketKey>& keys) {
  OPENSSL_cleanse(keys.data(), keys.size() * sizeof(TicketKey));
}

const TicketKey* FindKey(const std::vector<TicketKey>& keys, std::string_view name) {
  for (const TicketKey& key : keys) {
    if (name.size() == sizeof(key.name) && std::memcmp(name.data(), key.name, name.size()) == 0) {
      return &key;
    }
  }
  return nullptr;
}

}  // namespace

TicketKeys::TicketKeys(std::vector<TicketKey> keys) : keys_(std::move(keys)) {
  fingerprint_ =
      Sha256({reinterpret_cast<const char*>(keys_.data()), keys_.size() * sizeof(TicketKey)});
}

TicketKeys::~TicketKeys() { Wipe(keys_); }

std::shared_ptr<const TicketKeys> TicketKeys::Load(const TicketKeysConfig& config,
                                                   config::Faults& faults) {
  std::vector<TicketKey> keys;
  for (size_t i = 0; i < config.keys.size(); ++i) {
    config::Faults::Scope scope(faults, "keys", i);
    auto bytes = config.keys[i].Load();
    if (!bytes.ok()) {
      faults.Add("", std::string(bytes.status().message()));
    } else if (bytes->size() != TicketKey::kBytes) {
      faults.Add("", absl::StrCat("has ", bytes->size(), " bytes; a ticket key has 80"));
    } else {
      std::memcpy(&keys.emplace_back(), bytes->data(), TicketKey::kBytes);
      OPENSSL_cleanse(bytes->data(), bytes->size());
    }
  }
  if (keys.size() != config.keys.size() || keys.empty()) return nullptr;
  return std::make_shared<TicketKeys>(std::move(keys));
}

TicketKeyRing::TicketKeyRing(base::Clock& clock) : clock_(&clock) {}

TicketKeyRing::TicketKeyRing(std::shared_ptr<const TicketKeys> given) : given_(std::move(given)) {}

TicketKeyRing::~TicketKeyRing() { Wipe(own_); }

void TicketKeyRing::RotateIfDue() {
  const int64_t now_ns = clock_->MonotonicNs();
  const int64_t age_ns = now_ns - made_ns_;
  const int64_t period_ns = absl::ToInt64Nanoseconds(kPeriod);
  if (!own_.empty() && age_ns < period_ns) return;
  // After two quiet periods the last key is too old as well.
  if (age_ns >= 2 * period_ns) own_.clear();
  if (own_.size() > 1) own_.pop_back();
  TicketKey fresh;
  WEIR_CHECK(RAND_bytes(reinterpret_cast<uint8_t*>(&fresh), sizeof(fresh)) == 1);
  own_.insert(own_.begin(), fresh);
  OPENSSL_cleanse(&fresh, sizeof(fresh));
  made_ns_ = now_ns;
}

TicketKey TicketKeyRing::ForEncryption() {
  if (given_ != nullptr) return given_->keys().front();
  std::lock_guard<std::mutex> lock(mutex_);
  RotateIfDue();
  return own_.front();
}

std::optional<TicketKeyRing::Found> TicketKeyRing::ForDecryption(std::string_view name) {
  if (given_ != nullptr) {
    const TicketKey* key = FindKey(given_->keys(), name);
    if (key == nullptr) return std::nullopt;
    return Found{*key, key == &given_->keys().front()};
  }
  std::lock_guard<std::mutex> lock(mutex_);
  RotateIfDue();
  const TicketKey* key = FindKey(own_, name);
  if (key == nullptr) return std::nullopt;
  return Found{*key, key == &own_.front()};
}

}  // namespace weir::tls
