#include "source/xds/xdstp_name.h"

#include <charconv>
#include <optional>

#include "source/base/strings.h"
#include "source/xds/nack_detail.h"

namespace weir::xds {
namespace {

constexpr std::string_view kScheme = "xdstp:";

// What comes before `separator`; that and the separator are taken from `rest`.
std::string_view TakeUntil(char separator, std::string_view& rest) {
  const size_t end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return part;
}

std::optional<std::string> Decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned char byte = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

absl::Status Fault(std::string_view what) { return absl::InvalidArgumentError(base::StrCat(what)); }

absl::Status ParseParameters(std::string_view text, XdstpName& name) {
  while (!text.empty()) {
    std::string_view value = TakeUntil('&', text);
    const bool has_value = value.find('=') != std::string_view::npos;
    const std::optional<std::string> key = Decode(TakeUntil('=', value));
    const std::optional<std::string> decoded = Decode(value);
    if (!key.has_value() || !decoded.has_value()) return Fault("its percent-encoding is broken");
    if (!has_value || key->empty()) return Fault("a context parameter is not KEY=VALUE");
    if (!name.parameters.emplace(*key, *decoded).second) {
      return Fault(base::StrCat("context parameter \"", Printable(*key, 256), "\" is there twice"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

bool IsXdstpName(std::string_view name) { return name.substr(0, kScheme.size()) == kScheme; }

absl::StatusOr<XdstpName> ParseXdstpName(std::string_view text) {
  if (!IsXdstpName(text)) return Fault("it does not begin with xdstp:");
  text.remove_prefix(kScheme.size());
  if (text.substr(0, 2) != "//") return Fault("there is no // after xdstp:");
  text.remove_prefix(2);
  XdstpName name;
  std::string_view path = TakeUntil('#', text);
  name.directives = text;
  std::string_view parameters = path;
  path = TakeUntil('?', parameters);
  const bool has_path = path.find('/') != std::string_view::npos;
  const std::optional<std::string> authority = Decode(TakeUntil('/', path));
  const std::optional<std::string> type = Decode(TakeUntil('/', path));
  const std::optional<std::string> id = Decode(path);
  if (!authority.has_value() || !type.has_value() || !id.has_value()) {
    return Fault("its percent-encoding is broken");
  }
  if (!has_path || type->empty()) return Fault("it has no resource type");
  if (id->empty()) return Fault("it has no resource after the type");
  name.authority = *authority;
  name.type = *type;
  name.id = *id;
  absl::Status status = ParseParameters(parameters, name);
  if (!status.ok()) return status;
  return name;
}

}  // namespace weir::xds
