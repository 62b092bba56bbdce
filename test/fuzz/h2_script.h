// An input of the HTTP/2 fuzz targets, read as a script: most inputs then are whole frames, and
// what the connection's owner does in between is part of what is searched.
//
//   type flags stream size payload…     a frame, its numbers one byte each
//   0xf0 … 0xff                         an act of the owner (Act)
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::http2 {

class Script {
 public:
  explicit Script(std::string_view bytes) : bytes_(bytes) {}

  static constexpr uint8_t kFirstAct = 0xf0;
  struct Step {
    bool is_act = false;
    uint8_t act = 0;
    std::string frame;
  };

  bool Next(Step& step) {
    if (bytes_.empty()) return false;
    const auto first = static_cast<uint8_t>(bytes_[0]);
    step = {};
    if (first >= kFirstAct) {
      step.is_act = true;
      step.act = first;
      bytes_.remove_prefix(1);
      return true;
    }
    if (bytes_.size() < 4) return false;
    const size_t size = std::min<size_t>(static_cast<uint8_t>(bytes_[3]), bytes_.size() - 4);
    step.frame = {0, 0, static_cast<char>(size), bytes_[0], bytes_[1], 0, 0, 0, bytes_[2]};
    step.frame.append(bytes_.substr(4, size));
    bytes_.remove_prefix(4 + size);
    return true;
  }

 private:
  std::string_view bytes_;
};

}  // namespace weir::http2
