// Keys that session tickets are encrypted with (RFC 5077 §4). Two kinds: given ones, which a fleet
// shares and whose owner rotates them, and our own, which no other process knows: a new one every
// kPeriod, and the one before is good for one period more. Thread-safe; all workers share one.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "source/base/clock.h"
#include "source/config/faults.h"
#include "source/tls/secret_config.h"

namespace weir::tls {

struct TicketKey {
  static constexpr size_t kBytes = 80;
  uint8_t name[16];
  uint8_t hmac_key[32];
  uint8_t aes_key[32];
};

// Given keys: a secret's value.
class TicketKeys {
 public:
  // Null exactly when it added faults.
  static std::shared_ptr<const TicketKeys> Load(const TicketKeysConfig& config,
                                                config::Faults& faults);
  explicit TicketKeys(std::vector<TicketKey> keys);
  ~TicketKeys();

  const std::vector<TicketKey>& keys() const { return keys_; }
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  std::vector<TicketKey> keys_;
  std::string fingerprint_;
};

// What a context encrypts and decrypts with.
class TicketKeyRing {
 public:
  static constexpr absl::Duration kPeriod = absl::Hours(12);

  // Our own keys. `clock` outlives the ring.
  explicit TicketKeyRing(base::Clock& clock);
  explicit TicketKeyRing(std::shared_ptr<const TicketKeys> given);
  ~TicketKeyRing();

  TicketKey ForEncryption();
  struct Found {
    TicketKey key;
    bool is_newest;  // else the client should get a new ticket
  };
  std::optional<Found> ForDecryption(std::string_view name);

 private:
  void RotateIfDue();

  base::Clock* const clock_ = nullptr;  // null: given keys
  const std::shared_ptr<const TicketKeys> given_;
  std::mutex mutex_;
  std::vector<TicketKey> own_;  // newest first, two at most
  int64_t made_ns_ = 0;
};

}  // namespace weir::tls
