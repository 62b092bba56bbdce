// The fields of a message's bytes, without parsing them: a big message can be read in pieces, each
// of which is looked at by itself. Groups, which proto3 does not have, cannot be read. Pure; no
// thread.
//
//   std::optional<SplitMessage> split = SplitField(bytes, 2);   // RouteConfiguration.virtual_hosts
//   table.ParseFromString(split->rest);
//   for (std::string_view item : split->items) host.ParseFromArray(item.data(), item.size());
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::config {

struct WireField {
  // https://protobuf.dev/programming-guides/encoding
  enum Type : uint8_t { kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5 };

  // A string, bytes or a message.
  bool Is(int wanted) const { return number == static_cast<uint64_t>(wanted) && type == kLength; }

  uint64_t number = 0;
  uint8_t type = kVarint;
  std::string_view content;  // of all but a varint
};

class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }
  size_t size_left() const { return rest_.size(); }
  // False: what is left is not a field.
  bool Read(WireField& field);

 private:
  bool ReadVarint(uint64_t& value);
  bool Take(uint64_t size, std::string_view& content);

  std::string_view rest_;
};

struct SplitMessage {
  std::string rest;                     // the message without the field
  std::vector<std::string_view> items;  // of the field, in order; views into the bytes
};

// None: the bytes are no readable message.
std::optional<SplitMessage> SplitField(std::string_view bytes, int number);

}  // namespace weir::config
