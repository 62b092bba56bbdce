// As much of HTTP/2 (RFC 9113) and HPACK (RFC 7541) as the benchmark's programs speak: frames as
// they come, and header blocks that every peer reads but nobody here decodes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::bench {

enum class FrameType : uint8_t {
  kData = 0,
  kHeaders = 1,
  kRstStream = 3,
  kSettings = 4,
  kPing = 6,
  kGoaway = 7,
  kWindowUpdate = 8,
};

inline constexpr uint8_t kAck = 1, kEndStream = 1, kEndHeaders = 4, kPadded = 8, kPriority = 0x20;
inline constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
inline constexpr int64_t kInitialWindowBytes = 65'535;

struct Frame {
  FrameType type;
  uint8_t flags;
  uint32_t stream;
  std::string_view payload;
};

void AppendFrame(std::string& output, FrameType type, uint8_t flags, uint32_t stream,
                 std::string_view payload);
std::string Number32(uint32_t number);
uint32_t ParseNumber32(std::string_view bytes);

// SETTINGS and a WINDOW_UPDATE by which nobody ever waits for our windows, if ReturnWindow is
// called.
void AppendSettings(std::string& output);

// What a connection has received, counted against the window that AppendSettings opened.
class ReceiveWindow {
 public:
  // Gives back what came once it is much.
  void Count(size_t bytes, std::string& output);

 private:
  uint64_t unreturned_ = 0;
};

// Cuts what comes into frames. A frame's payload lives until the next call of Append.
class FrameReader {
 public:
  void Append(std::string_view bytes);
  bool Next(Frame& frame);

 private:
  std::string bytes_;
  size_t at_ = 0;
};

// Writes header blocks for one connection. A field goes into the dynamic table when it is written
// first and is a number from then on, as real clients and servers do it, unless the peer has no
// table.
class HeaderWriter {
 public:
  // The peer's SETTINGS.
  void ReadSettings(const Frame& settings);
  void Write(std::string& block, std::string_view name, std::string_view value);

 private:
  std::vector<std::pair<std::string, std::string>> table_;  // oldest first
  bool has_table_ = true;
  bool must_tell_ = false;  // the peer waits to hear that the table was given up (RFC 7541 §4.2)
};

// Whether a response's block begins with ":status: 200"; other fields are not looked at.
bool IsStatus200(const Frame& headers);

}  // namespace weir::bench
