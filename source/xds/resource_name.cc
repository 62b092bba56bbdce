#include "source/xds/resource_name.h"

#include "absl/strings/str_cat.h"
#include "source/base/strings.h"
#include "source/config/wire_fields.h"
#include "source/xds/nack_detail.h"
#include "source/xds/xdstp_name.h"

namespace weir::xds {
namespace {

constexpr size_t kMaxShownBytes = 256;

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
  config::WireReader reader(bytes);
  std::string_view name;
  while (!reader.empty()) {
    config::WireField field;
    if (!reader.Read(field)) {
      return absl::InvalidArgumentError("the resource is not a readable message");
    }
    if (field.Is(number)) name = field.content;
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
