#include "source/xds/resource_name.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "source/base/strings.h"
#include "source/xds/nack_detail.h"
#include "source/xds/xdstp_name.h"

namespace weir::xds {
namespace {

constexpr size_t kMaxShownBytes = 256;

// https://protobuf.dev/programming-guides/encoding
enum WireType { kVarint = 0, kFixed64 = 1, kLength = 2, kGroup = 3, kGroupEnd = 4, kFixed32 = 5 };

// Walks over the fields of one message; every read says whether it succeeded.
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }

  bool ReadVarint(uint64_t& value) {
    value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) return false;
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }

  bool ReadBytes(uint64_t size, std::string_view& bytes) {
    if (size > rest_.size()) return false;
    bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  // `bytes` is the content of a length-delimited field, else empty. Groups, which proto3 does not
  // have, are refused.
  bool ReadField(uint64_t& number, int& type, std::string_view& bytes) {
    uint64_t tag, value;
    if (!ReadVarint(tag)) return false;
    number = tag >> 3;
    type = static_cast<int>(tag & 7);
    bytes = {};
    switch (type) {
      case kVarint:
        return ReadVarint(value);
      case kFixed64:
        return ReadBytes(8, bytes);
      case kFixed32:
        return ReadBytes(4, bytes);
      case kLength:
        return ReadVarint(value) && ReadBytes(value, bytes);
      default:
        return false;
    }
  }

 private:
  std::string_view rest_;
};

absl::Status RefuseXdstp(std::string_view name) {
  const absl::StatusOr<XdstpName> parsed = ParseXdstpName(name);
  const std::string shown = Printable(name, kMaxShownBytes);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", shown, "\" is no xdstp:// name: ", std::string(parsed.status().message())));
  }
  return absl::UnimplementedError(absl::StrCat("\"", shown, "\" names a resource of authority \"",
                                               Printable(parsed->authority, kMaxShownBytes),
                                               "\": xdstp:// names are not implemented"));
}

}  // namespace

absl::Status CheckName(std::string_view name) {
  if (name.empty()) return absl::InvalidArgumentError("the resource has no name");
  if (name.size() > kMaxNameBytes) {
    return absl::InvalidArgumentError(absl::StrCat("the resource's name has ", name.size(),
                                                   " bytes, at most ", kMaxNameBytes,
                                                   " are allowed"));
  }
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return absl::InvalidArgumentError(base::StrCat(
          "the resource's name \"", Printable(name, kMaxShownBytes), "\" has control characters"));
    }
  }
  if (name == "*") return absl::InvalidArgumentError("\"*\" means all resources, and is no name");
  return IsXdstpName(name) ? RefuseXdstp(name) : absl::OkStatus();
}

absl::StatusOr<std::string_view> FindName(std::string_view bytes, int number) {
  FieldReader reader(bytes);
  std::string_view name, content;
  while (!reader.empty()) {
    uint64_t field;
    int type;
    if (!reader.ReadField(field, type, content)) {
      return absl::InvalidArgumentError("the resource is not a readable message");
    }
    if (field == static_cast<uint64_t>(number) && type == kLength) name = content;
  }
  return name;
}

absl::StatusOr<std::string_view> ReadName(std::string_view bytes, int number) {
  absl::StatusOr<std::string_view> name = FindName(bytes, number);
  if (!name.ok()) return name;
  absl::Status status = CheckName(*name);
  if (!status.ok()) return status;
  return name;
}

}  // namespace weir::xds
