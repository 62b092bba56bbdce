#include "source/config/wire_fields.h"

namespace weir::config {

bool WireReader::Read(WireField& field) {
  uint64_t tag = 0, value = 0;
  if (!ReadVarint(tag)) return false;
  field = {tag >> 3, static_cast<uint8_t>(tag & 7), {}};
  switch (field.type) {
    case WireField::kVarint:
      return ReadVarint(value);
    case WireField::kFixed64:
      return Take(8, field.content);
    case WireField::kLength:
      return ReadVarint(value) && Take(value, field.content);
    case WireField::kFixed32:
      return Take(4, field.content);
    default:
      return false;
  }
}

bool WireReader::ReadVarint(uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool WireReader::Take(uint64_t size, std::string_view& content) {
  if (size > rest_.size()) return false;
  content = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

std::optional<SplitMessage> SplitField(std::string_view bytes, int number) {
  SplitMessage split;
  WireReader reader(bytes);
  while (!reader.empty()) {
    const size_t begin = bytes.size() - reader.size_left();
    WireField field;
    if (!reader.Read(field)) return std::nullopt;
    if (field.Is(number)) {
      split.items.push_back(field.content);
    } else {
      split.rest.append(bytes, begin, bytes.size() - reader.size_left() - begin);
    }
  }
  return split;
}

}  // namespace weir::config
