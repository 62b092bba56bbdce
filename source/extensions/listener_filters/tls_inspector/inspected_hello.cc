#include "source/extensions/listener_filters/tls_inspector/inspected_hello.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "source/net/address.h"

namespace weir::extensions::tls_inspector {

namespace {

using Outcome = ClientHelloReader::Outcome;

constexpr size_t kRecordHeaderBytes = 5;     // type, version, length (RFC 8446 §5.1)
constexpr size_t kMaxRecordBytes = 1 << 14;  // of plaintext
constexpr size_t kMessageHeaderBytes = 4;    // type, length (RFC 8446 §4)
constexpr uint8_t kHandshakeRecord = 22;
constexpr uint8_t kClientHello = 1;
constexpr size_t kRandomBytes = 32;
constexpr uint32_t kServerName = 0, kAlpn = 16;  // extensions
constexpr uint32_t kHostName = 0;

// Takes numbers and vectors off the front; once something is missing nothing more comes.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}

  bool ok() const { return is_ok_; }
  bool empty() const { return bytes_.empty(); }
  std::string_view Take(size_t count) {
    if (count > bytes_.size()) {
      is_ok_ = false;
      bytes_ = {};
      return {};
    }
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }
  uint32_t Number(size_t size) {
    uint32_t value = 0;
    for (const char c : Take(size)) value = value << 8 | static_cast<uint8_t>(c);
    return value;
  }
  // Its length in front, in `size` bytes.
  std::string_view Vector(size_t size) { return Take(Number(size)); }

 private:
  std::string_view bytes_;
  bool is_ok_ = true;
};

uint8_t ByteAt(std::string_view bytes, size_t at) { return static_cast<uint8_t>(bytes[at]); }

// As far as it has come, it is the beginning of a hello's first record.
bool BeginsLikeTls(std::string_view bytes) {
  if (!bytes.empty() && ByteAt(bytes, 0) != kHandshakeRecord) return false;
  if (bytes.size() > 1 && ByteAt(bytes, 1) != 3) return false;
  if (bytes.size() > 2 && ByteAt(bytes, 2) > 4) return false;
  if (bytes.size() >= kRecordHeaderBytes) {
    const uint32_t size = Cursor(bytes.substr(3)).Number(2);
    if (size == 0 || size > kMaxRecordBytes) return false;
  }
  return bytes.size() <= kRecordHeaderBytes || ByteAt(bytes, kRecordHeaderBytes) == kClientHello;
}

bool IsHostName(std::string_view name) {
  if (name.empty() || name.size() > 255) return false;
  const bool is_plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
  return is_plain && !net::Address::ParseIp(name, 0).ok();
}

// False: malformed. A name that is no host name is as good as none.
bool ReadServerName(std::string_view extension, std::string& out) {
  Cursor outer(extension);
  Cursor list(outer.Vector(2));
  bool has_name = false;
  while (list.ok() && !list.empty()) {
    const uint32_t type = list.Number(1);
    std::string name(list.Vector(2));
    if (!list.ok()) return false;
    if (type != kHostName) continue;
    if (has_name) return false;  // one of a type (RFC 6066 §3)
    has_name = true;
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    if (IsHostName(name)) out = std::move(name);
  }
  return outer.ok() && outer.empty() && list.ok();
}

bool ReadProtocols(std::string_view extension, std::vector<std::string>& out) {
  Cursor outer(extension);
  Cursor list(outer.Vector(2));
  while (list.ok() && !list.empty()) {
    const std::string_view protocol = list.Vector(1);
    if (protocol.empty()) return false;
    out.emplace_back(protocol);
  }
  return outer.ok() && outer.empty() && list.ok();
}

}  // namespace

Outcome ClientHelloReader::Read(std::string_view bytes) {
  if (!BeginsLikeTls(bytes)) return Outcome::kNotTls;
  for (;;) {
    const std::string_view rest = bytes.substr(read_bytes_);
    if (rest.size() < kRecordHeaderBytes) return Outcome::kNeedMore;
    const Outcome outcome = ReadRecord(rest);
    if (outcome != Outcome::kNeedMore) return outcome;
    const uint32_t size = Cursor(rest.substr(3)).Number(2);
    if (rest.size() < kRecordHeaderBytes + size) return Outcome::kNeedMore;
    read_bytes_ += kRecordHeaderBytes + size;
  }
}

// kNeedMore: the record is not complete, or the hello goes on in the next one.
Outcome ClientHelloReader::ReadRecord(std::string_view bytes) {
  const uint32_t size = Cursor(bytes.substr(3)).Number(2);
  const bool is_handshake = ByteAt(bytes, 0) == kHandshakeRecord && ByteAt(bytes, 1) == 3;
  if (!is_handshake || size == 0 || size > kMaxRecordBytes) return Outcome::kMalformed;
  const std::string_view fragment = bytes.substr(kRecordHeaderBytes, size);
  const bool is_whole = fragment.size() == size;
  std::string_view message = fragment;
  if (read_bytes_ > 0) {
    if (!is_whole) return Outcome::kNeedMore;
    message_ += fragment;
    message = message_;
  }
  // What is too large is not waited for.
  const bool has_size = message.size() >= kMessageHeaderBytes;
  const size_t wanted = kMessageHeaderBytes + (has_size ? Cursor(message.substr(1)).Number(3) : 0);
  if (wanted > max_bytes_) return Outcome::kTooLarge;
  if (!has_size || message.size() < wanted) {
    if (is_whole && read_bytes_ == 0) message_ = fragment;
    return Outcome::kNeedMore;
  }
  return Parse(message.substr(kMessageHeaderBytes, wanted - kMessageHeaderBytes));
}

Outcome ClientHelloReader::Parse(std::string_view message) {
  Cursor cursor(message);
  cursor.Take(2);             // legacy_version
  cursor.Take(kRandomBytes);  // random
  cursor.Vector(1);           // legacy_session_id
  cursor.Vector(2);           // cipher_suites
  cursor.Vector(1);           // legacy_compression_methods
  if (!cursor.ok()) return Outcome::kMalformed;
  if (cursor.empty()) return Outcome::kFound;  // no extensions (TLS 1.2)
  Cursor extensions(cursor.Vector(2));
  if (!cursor.ok() || !cursor.empty()) return Outcome::kMalformed;
  bool has_name = false, has_protocols = false;
  while (!extensions.empty()) {
    const uint32_t type = extensions.Number(2);
    const std::string_view content = extensions.Vector(2);
    if (!extensions.ok()) return Outcome::kMalformed;
    // None may be there twice (RFC 8446 §4.2).
    if (type == kServerName &&
        (std::exchange(has_name, true) || !ReadServerName(content, hello_.server_name))) {
      return Outcome::kMalformed;
    }
    if (type == kAlpn && (std::exchange(has_protocols, true) ||
                          !ReadProtocols(content, hello_.application_protocols))) {
      return Outcome::kMalformed;
    }
  }
  return Outcome::kFound;
}

}  // namespace weir::extensions::tls_inspector
