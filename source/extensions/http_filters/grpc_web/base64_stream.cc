#include "source/extensions/http_filters/grpc_web/base64_stream.h"

#include <string_view>

namespace weir::extensions::grpc_web {

namespace {

constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// -1: none.
int DigitOf(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

// Of 1 to 3 bytes.
void AppendGroup(const uint8_t* bytes, size_t count, base::Buffer& text) {
  uint32_t group = 0;
  for (size_t i = 0; i < 3; ++i) group = group << 8 | (i < count ? bytes[i] : 0);
  char out[4];
  for (size_t i = 0; i < 4; ++i) {
    out[i] = i <= count ? kDigits[group >> (18 - 6 * i) & 0x3f] : '=';
  }
  text.Append({out, 4});
}

}  // namespace

bool Base64Decoder::Add(char c, base::Buffer& bytes) {
  if (c == '=') {
    if (count_ < 2) return false;
    ++padding_;
    group_ <<= 6;
  } else {
    const int digit = DigitOf(c);
    if (digit < 0 || padding_ > 0) return false;
    group_ = group_ << 6 | static_cast<uint32_t>(digit);
  }
  if (++count_ < 4) return true;
  const char out[3] = {static_cast<char>(group_ >> 16), static_cast<char>(group_ >> 8),
                       static_cast<char>(group_)};
  bytes.Append({out, size_t{3} - padding_});
  group_ = 0;
  count_ = padding_ = 0;
  return true;
}

bool Base64Decoder::Decode(base::Buffer& text, base::Buffer& bytes) {
  while (!text.empty()) {
    const std::string_view run = text.Front();
    for (const char c : run) {
      if (!Add(c, bytes)) return false;
    }
    text.Drain(run.size());
  }
  return true;
}

void EncodeBase64(base::Buffer& bytes, base::Buffer& text) {
  uint8_t group[3];
  size_t count = 0;
  while (!bytes.empty()) {
    const std::string_view run = bytes.Front();
    for (const char c : run) {
      group[count++] = static_cast<uint8_t>(c);
      if (count < 3) continue;
      AppendGroup(group, 3, text);
      count = 0;
    }
    bytes.Drain(run.size());
  }
  if (count > 0) AppendGroup(group, count, text);
}

}  // namespace weir::extensions::grpc_web
