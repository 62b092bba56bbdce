#include "source/extensions/http_filters/stateful_session/session_token.h"

#include "absl/strings/escaping.h"
#include "source/base/strings.h"

namespace weir::extensions::stateful_session {
namespace {

// An address of a pipe has 108 bytes; base64 makes a third more of it.
constexpr size_t kMostBytes = 256;
// Seconds below this cannot be wall time: they are of a clock that began with a machine of another
// proxy, and say nothing here.
constexpr uint64_t kEarliestWallTime = 1'000'000'000;

// Tags of the message's fields (protobuf's wire format).
constexpr char kAddressTag = 1 << 3 | 2;
constexpr char kExpiresTag = 2 << 3 | 0;

void AppendVarint(uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

std::optional<uint64_t> TakeVarint(std::string_view& bytes) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    value |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

struct Timed {
  std::string_view address;
  uint64_t expires_s = 0;
};

std::optional<Timed> ReadTimed(std::string_view bytes) {
  Timed out;
  while (!bytes.empty()) {
    const char tag = bytes.front();
    bytes.remove_prefix(1);
    const auto number = TakeVarint(bytes);
    if (!number.has_value()) return std::nullopt;
    if (tag == kExpiresTag) {
      out.expires_s = *number;
    } else if (tag == kAddressTag && *number <= bytes.size()) {
      out.address = bytes.substr(0, *number);
      bytes.remove_prefix(*number);
    } else {
      return std::nullopt;
    }
  }
  return out;
}

std::optional<net::Address> ReadAddress(std::string_view text) {
  const bool is_pipe = text.starts_with('/') || text.starts_with('@');
  auto address = is_pipe ? net::Address::Pipe(text) : net::Address::ParseIpPort(text);
  if (!address.ok()) return std::nullopt;
  return *std::move(address);
}

}  // namespace

std::string WriteToken(std::string_view address) {
  return absl::Base64Escape(base::ToAbsl(address));
}

std::string WriteTimedToken(std::string_view address, int64_t expires_s) {
  std::string message(1, kAddressTag);
  AppendVarint(address.size(), message);
  message += address;
  if (expires_s > 0) {
    message.push_back(kExpiresTag);
    AppendVarint(static_cast<uint64_t>(expires_s), message);
  }
  return WriteToken(message);
}

std::optional<net::Address> ReadToken(std::string_view token, int64_t now_s) {
  std::string bytes;
  if (token.empty() || token.size() > kMostBytes ||
      !absl::Base64Unescape(base::ToAbsl(token), &bytes)) {
    return std::nullopt;
  }
  // No address begins with the tag.
  if (!bytes.starts_with(kAddressTag)) return ReadAddress(bytes);
  const auto timed = ReadTimed(bytes);
  if (!timed.has_value()) return std::nullopt;
  const bool has_ended =
      timed->expires_s >= kEarliestWallTime && timed->expires_s < static_cast<uint64_t>(now_s);
  if (has_ended) return std::nullopt;
  return ReadAddress(timed->address);
}

}  // namespace weir::extensions::stateful_session
