#include "test/bench/xds/xds_wire.h"

#include <utility>

namespace weir::bench {
namespace {

// Wire types of protobuf's encoding.
constexpr uint32_t kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5;

// Goes over the fields of one message.
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : left_(bytes) {}

  // False at the end, or where the bytes make no sense: then is_broken().
  bool Next() {
    if (left_.empty() || is_broken_) return false;
    const uint64_t key = ReadVarint();
    number_ = static_cast<uint32_t>(key >> 3);
    value_ = {};
    switch (key & 7) {
      case kVarint:
        ReadVarint();
        break;
      case kFixed64:
        Take(8);
        break;
      case kBytes:
        value_ = Take(ReadVarint());
        break;
      case kFixed32:
        Take(4);
        break;
      default:
        is_broken_ = true;
    }
    return !is_broken_;
  }

  bool is_broken() const { return is_broken_; }
  uint32_t number() const { return number_; }
  std::string_view value() const { return value_; }

 private:
  uint64_t ReadVarint() {
    uint64_t number = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (left_.empty()) break;
      const auto byte = static_cast<uint8_t>(left_.front());
      left_.remove_prefix(1);
      number |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return number;
    }
    is_broken_ = true;
    return 0;
  }
  std::string_view Take(uint64_t size) {
    if (size > left_.size()) {
      is_broken_ = true;
      return {};
    }
    const std::string_view taken = left_.substr(0, size);
    left_.remove_prefix(size);
    return taken;
  }

  std::string_view left_;
  bool is_broken_ = false;
  uint32_t number_ = 0;
  std::string_view value_;
};

void AppendVarint(std::string& bytes, uint64_t number) {
  for (; number >= 0x80; number >>= 7) bytes += static_cast<char>(number | 0x80);
  bytes += static_cast<char>(number);
}

size_t VarintSize(uint64_t number) {
  size_t size = 1;
  for (; number >= 0x80; number >>= 7) ++size;
  return size;
}

void AppendBytes(std::string& bytes, uint32_t field, std::string_view value) {
  AppendVarint(bytes, field << 3 | kBytes);
  AppendVarint(bytes, value.size());
  bytes += value;
}

// Of a field whose number is below 16.
size_t FieldSize(std::string_view value) { return 1 + VarintSize(value.size()) + value.size(); }

// google.rpc.Status
std::string_view StatusMessage(std::string_view bytes) {
  FieldReader status(bytes);
  while (status.Next()) {
    if (status.number() == 2) return status.value();
  }
  return {};
}

}  // namespace

bool ReadRequest(Variant variant, std::string_view bytes, XdsRequest& request) {
  const bool is_delta = variant == Variant::kDelta;
  const uint32_t type_url = is_delta ? 2 : 4, nonce = is_delta ? 6 : 5, error = is_delta ? 7 : 6;
  FieldReader reader(bytes);
  while (reader.Next()) {
    if (reader.number() == type_url) request.type_url = reader.value();
    if (reader.number() == nonce) request.nonce = reader.value();
    if (reader.number() == 3) request.names.push_back(reader.value());
    if (is_delta && reader.number() == 4) request.dropped.push_back(reader.value());
    if (reader.number() == error) {
      request.is_refusal = true;
      request.refusal = StatusMessage(reader.value());
    }
  }
  return !reader.is_broken();
}

ResponseWriter::ResponseWriter(Variant variant, std::string_view type_url, uint64_t version,
                               uint64_t nonce)
    : variant_(variant) {
  AppendBytes(bytes_, 1, std::to_string(version));
  AppendBytes(bytes_, 4, type_url);
  AppendBytes(bytes_, 5, std::to_string(nonce));
}

void ResponseWriter::Add(std::string_view name, uint64_t version, std::string_view body) {
  if (variant_ == Variant::kStateOfTheWorld) return AppendBytes(bytes_, 2, body);
  const std::string version_text = std::to_string(version);
  AppendVarint(bytes_, 2 << 3 | kBytes);
  AppendVarint(bytes_, FieldSize(version_text) + FieldSize(body) + FieldSize(name));
  AppendBytes(bytes_, 1, version_text);
  AppendBytes(bytes_, 2, body);
  AppendBytes(bytes_, 3, name);
}

void ResponseWriter::AddRemoved(std::string_view name) {
  if (variant_ == Variant::kDelta) AppendBytes(bytes_, 6, name);
}

}  // namespace weir::bench
