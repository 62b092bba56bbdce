// Reads DER (X.690), as much of it as an OCSP response needs. A view; every step checks its bounds
// and the reader is empty and !ok() after one that failed.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::tls {

class DerReader {
 public:
  static constexpr uint8_t kInteger = 0x02, kOctetString = 0x04, kObjectId = 0x06,
                           kEnumerated = 0x0a, kGeneralizedTime = 0x18, kSequence = 0x30;
  // [n], constructed.
  static constexpr uint8_t Context(int n) { return static_cast<uint8_t>(0xa0 | n); }

  explicit DerReader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  bool empty() const { return rest_.empty(); }
  bool NextIs(uint8_t tag) const { return !rest_.empty() && static_cast<uint8_t>(rest_[0]) == tag; }
  uint8_t next_tag() const { return rest_.empty() ? 0 : static_cast<uint8_t>(rest_[0]); }
  // The content of the next element, which must have this tag.
  std::string_view Take(uint8_t tag) { return NextIs(tag) ? TakeAny() : Fail(); }
  DerReader Enter(uint8_t tag) {
    DerReader inner(Take(tag));
    inner.ok_ = ok_;
    return inner;
  }
  void Skip() { TakeAny(); }
  void SkipIf(uint8_t tag) {
    if (NextIs(tag)) TakeAny();
  }

 private:
  std::string_view Fail() {
    ok_ = false;
    rest_ = {};
    return {};
  }
  std::string_view TakeAny() {
    if (rest_.size() < 2) return Fail();
    size_t size = static_cast<uint8_t>(rest_[1]);
    size_t header = 2;
    if (size > 0x80) {
      const size_t digits = size & 0x7f;
      if (digits > 3 || rest_.size() < 2 + digits) return Fail();
      size = 0;
      for (size_t i = 0; i < digits; ++i) size = size << 8 | static_cast<uint8_t>(rest_[2 + i]);
      header += digits;
    } else if (size == 0x80) {
      return Fail();  // indefinite: not DER
    }
    if (rest_.size() - header < size) return Fail();
    const std::string_view content = rest_.substr(header, size);
    rest_.remove_prefix(header + size);
    return content;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace weir::tls
