#include "test/bench/http2_wire.h"

namespace weir::bench {
namespace {

constexpr size_t kFrameHeaderBytes = 9;
constexpr uint32_t kWindowBytes = 1u << 30;
constexpr uint32_t kStaticTable = 61;
constexpr uint8_t kIndexedStatus200 = 0x88;

// Fields of the static table that the programs send (RFC 7541 Appendix A).
struct StaticField {
  std::string_view name, value;
  uint8_t index;
};
constexpr StaticField kStaticFields[] = {
    {":method", "GET", 2},   {":method", "POST", 3},     {":scheme", "http", 6},
    {":scheme", "https", 7}, {":status", "200", 8},      {":authority", "", 1},
    {":path", "/", 4},       {"content-type", "", 31},   {"user-agent", "", 58},
    {"accept", "", 19},      {"accept-language", "", 17}};

void AppendInteger(std::string& block, uint8_t pattern, uint8_t prefix_bits, uint32_t value) {
  const uint32_t most = (1u << prefix_bits) - 1;
  if (value < most) {
    block.push_back(static_cast<char>(pattern | value));
    return;
  }
  block.push_back(static_cast<char>(pattern | most));
  for (value -= most; value >= 128; value /= 128) {
    block.push_back(static_cast<char>(value % 128 + 128));
  }
  block.push_back(static_cast<char>(value));
}

void AppendString(std::string& block, std::string_view text) {
  AppendInteger(block, 0, 7, static_cast<uint32_t>(text.size()));
  block.append(text);
}

}  // namespace

std::string Number32(uint32_t number) {
  return {static_cast<char>(number >> 24), static_cast<char>(number >> 16),
          static_cast<char>(number >> 8), static_cast<char>(number)};
}

uint32_t ParseNumber32(std::string_view bytes) {
  uint32_t number = 0;
  for (const char byte : bytes.substr(0, 4)) number = number << 8 | static_cast<uint8_t>(byte);
  return number;
}

void AppendFrame(std::string& output, FrameType type, uint8_t flags, uint32_t stream,
                 std::string_view payload) {
  output += Number32(static_cast<uint32_t>(payload.size())).substr(1);
  output.push_back(static_cast<char>(type));
  output.push_back(static_cast<char>(flags));
  output += Number32(stream);
  output.append(payload);
}

void AppendSettings(std::string& output) {
  const std::string initial_window = std::string("\0\4", 2) + Number32(kWindowBytes);
  AppendFrame(output, FrameType::kSettings, 0, 0, initial_window);
  AppendFrame(output, FrameType::kWindowUpdate, 0, 0, Number32(kWindowBytes - kInitialWindowBytes));
}

void ReceiveWindow::Count(size_t bytes, std::string& output) {
  unreturned_ += bytes;
  if (unreturned_ < kWindowBytes / 2) return;
  AppendFrame(output, FrameType::kWindowUpdate, 0, 0, Number32(static_cast<uint32_t>(unreturned_)));
  unreturned_ = 0;
}

void FrameReader::Append(std::string_view bytes) {
  bytes_.erase(0, at_);
  at_ = 0;
  bytes_.append(bytes);
}

bool FrameReader::Next(Frame& frame) {
  const std::string_view rest = std::string_view(bytes_).substr(at_);
  if (rest.size() < kFrameHeaderBytes) return false;
  const uint32_t size = ParseNumber32(rest) >> 8;
  if (rest.size() < kFrameHeaderBytes + size) return false;
  frame.type = static_cast<FrameType>(rest[3]);
  frame.flags = static_cast<uint8_t>(rest[4]);
  frame.stream = ParseNumber32(rest.substr(5)) & 0x7fff'ffff;
  frame.payload = rest.substr(kFrameHeaderBytes, size);
  at_ += kFrameHeaderBytes + size;
  return true;
}

void HeaderWriter::ReadSettings(const Frame& settings) {
  for (std::string_view rest = settings.payload; rest.size() >= 6; rest.remove_prefix(6)) {
    const bool is_table_size = rest[0] == 0 && rest[1] == 1;
    if (!is_table_size || ParseNumber32(rest.substr(2)) != 0) continue;
    table_.clear();
    has_table_ = false;
    must_tell_ = true;
  }
}

void HeaderWriter::Write(std::string& block, std::string_view name, std::string_view value) {
  if (std::exchange(must_tell_, false)) AppendInteger(block, 0x20, 5, 0);
  uint32_t name_index = 0;
  for (const StaticField& field : kStaticFields) {
    if (field.name != name) continue;
    name_index = field.index;
    if (field.value == value) return AppendInteger(block, 0x80, 7, field.index);
  }
  for (size_t i = 0; i < table_.size(); ++i) {
    if (table_[i].first != name || table_[i].second != value) continue;
    return AppendInteger(block, 0x80, 7, static_cast<uint32_t>(kStaticTable + table_.size() - i));
  }
  has_table_ ? AppendInteger(block, 0x40, 6, name_index) : AppendInteger(block, 0, 4, name_index);
  if (name_index == 0) AppendString(block, name);
  AppendString(block, value);
  if (has_table_) table_.emplace_back(name, value);
}

bool IsStatus200(const Frame& headers) {
  std::string_view block = headers.payload;
  if ((headers.flags & kPadded) != 0) block.remove_prefix(1);
  if ((headers.flags & kPriority) != 0) block.remove_prefix(5);
  while (!block.empty() && (block[0] & 0xe0) == 0x20) {  // a change of the table's size
    const bool is_long = (block[0] & 0x1f) == 0x1f;
    block.remove_prefix(1);
    if (!is_long) continue;
    while (!block.empty() && (block[0] & 0x80) != 0) block.remove_prefix(1);
    if (!block.empty()) block.remove_prefix(1);
  }
  return !block.empty() && static_cast<uint8_t>(block[0]) == kIndexedStatus200;
}

}  // namespace weir::bench
