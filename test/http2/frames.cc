#include "test/http2/frames.h"

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include "absl/strings/str_cat.h"

namespace weir::http2 {
namespace {

constexpr size_t kHeaderBytes = 9;

uint32_t Number(std::string_view bytes) {
  uint32_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<uint8_t>(c);
  return value;
}

std::string Text(const uint8_t* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

uint32_t SentFrame::error_code() const {
  return Number(std::string_view(payload).substr(type == NGHTTP2_GOAWAY ? 4 : 0, 4));
}

uint32_t SentFrame::increment() const { return Number(payload); }

std::vector<SentFrame> ParseFrames(std::string_view bytes) {
  if (bytes.starts_with(kPreface)) bytes.remove_prefix(kPreface.size());
  std::vector<SentFrame> frames;
  while (!bytes.empty()) {
    EXPECT_GE(bytes.size(), kHeaderBytes);
    const uint32_t size = Number(bytes.substr(0, 3));
    EXPECT_LE(kHeaderBytes + size, bytes.size());
    if (bytes.size() < kHeaderBytes + size) break;
    frames.push_back({static_cast<uint8_t>(bytes[3]), static_cast<uint8_t>(bytes[4]),
                      Number(bytes.substr(5, 4)), std::string(bytes.substr(kHeaderBytes, size))});
    bytes.remove_prefix(kHeaderBytes + size);
  }
  return frames;
}

std::string BigEndian32(uint32_t value) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(value >> shift);
  return text;
}

Decoder::Decoder() { nghttp2_hd_inflate_new(&inflater_); }
Decoder::~Decoder() { nghttp2_hd_inflate_del(inflater_); }
size_t Decoder::table_bytes() const { return nghttp2_hd_inflate_get_dynamic_table_size(inflater_); }

Fields Decoder::Decode(std::string_view block) {
  Fields fields;
  const auto* in = reinterpret_cast<const uint8_t*>(block.data());
  size_t left = block.size();
  for (;;) {
    nghttp2_nv field;
    int flags = 0;
    const ssize_t read = nghttp2_hd_inflate_hd2(inflater_, &field, &flags, in, left, 1);
    EXPECT_GE(read, 0);
    if (read < 0) return fields;
    in += read;
    left -= static_cast<size_t>(read);
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
      fields.emplace_back(Text(field.name, field.namelen), Text(field.value, field.valuelen));
    }
    if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
  }
  nghttp2_hd_inflate_end_headers(inflater_);
  return fields;
}

std::string Decoder::Heads(std::string_view frames) {
  std::string text;
  for (const SentFrame& frame : ParseFrames(frames)) {
    if (frame.type != NGHTTP2_HEADERS) continue;
    absl::StrAppend(&text, text.empty() ? "" : "\n", frame.stream, ":");
    for (const auto& [name, value] : Decode(frame.payload)) {
      absl::StrAppend(&text, " ", name == ":status" ? "" : name + "=", value);
    }
  }
  return text;
}

std::string ValueOf(const Fields& fields, std::string_view name) {
  for (const auto& [known, value] : fields) {
    if (known == name) return value;
  }
  return {};
}

}  // namespace weir::http2
