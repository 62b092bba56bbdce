#include "source/xds/nack_detail.h"

#include "absl/strings/str_split.h"
#include "source/base/strings.h"

namespace weir::xds {
namespace {

constexpr size_t kMaxNameBytes = 256;
constexpr size_t kMaxLineBytes = 1024;
// Room for the line that says how many are left out.
constexpr size_t kReservedBytes = 32;

std::vector<std::string> Lines(const std::vector<Refusal>& refusals) {
  std::vector<std::string> lines;
  for (const Refusal& refusal : refusals) {
    const std::string name = Printable(refusal.resource, kMaxNameBytes);
    for (absl::string_view fault : absl::StrSplit(refusal.text, '\n', absl::SkipEmpty())) {
      lines.push_back(absl::StrCat(name, ": ", Printable(base::ToStd(fault), kMaxLineBytes)));
    }
  }
  return lines;
}

}  // namespace

std::string NackDetail(const std::vector<Refusal>& refusals) {
  const std::vector<std::string> lines = Lines(refusals);
  std::string detail;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (detail.size() + lines[i].size() + 1 + kReservedBytes > kMaxNackBytes) {
      return absl::StrCat(detail, "\n... and ", lines.size() - i, " more");
    }
    absl::StrAppend(&detail, detail.empty() ? "" : "\n", lines[i]);
  }
  return detail;
}

std::string Printable(std::string_view text, size_t max_bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (out.size() + 4 > max_bytes) return out + "...";
    if (byte >= 0x20 && byte < 0x7f) {
      out += c;
    } else {
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

}  // namespace weir::xds
