// Tested by test/routing/action_parser_test.cc

#include "source/routing/field_parser.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "envoy/config/core/v3/base.pb.h"
#include "google/protobuf/duration.pb.h"
#include "source/base/strings.h"
#include "source/routing/folded_text.h"

namespace weir::routing {

namespace {

bool IsControl(unsigned char c) { return c < 0x20 || c == 0x7f; }

bool IsTokenByte(unsigned char c) {
  const bool is_alphanumeric =
      (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return is_alphanumeric || (c != 0 && std::strchr("!#$%&'*+-.^_`|~", c) != nullptr);
}

std::string ReadFile(const std::string& path, size_t max_bytes, config::Faults& faults) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    faults.Add("filename", base::StrCat("cannot be read: ", path, ": ", std::strerror(errno)));
    return {};
  }
  std::string bytes(max_bytes + 1, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (file.bad()) faults.Add("filename", base::StrCat("cannot be read: ", path));
  bytes.resize(static_cast<size_t>(file.gcount()));
  return bytes;
}

std::string ReadVariable(const std::string& name, config::Faults& faults) {
  const char* value = std::getenv(name.c_str());
  if (value != nullptr) return value;
  faults.Add("environment_variable", base::StrCat("'", name, "' is not set"));
  return {};
}

}  // namespace

absl::Duration ParseDuration(const google::protobuf::Duration& proto, std::string_view field,
                             config::Faults& faults) {
  const absl::Duration duration = absl::Seconds(proto.seconds()) + absl::Nanoseconds(proto.nanos());
  if (duration >= absl::ZeroDuration()) return duration;
  faults.Add(field, "must not be negative");
  return absl::ZeroDuration();
}

std::string ParseHeaderValue(const std::string& value, std::string_view field,
                             config::Faults& faults) {
  const auto is_bad = [](unsigned char c) { return IsControl(c) && c != '\t'; };
  if (std::any_of(value.begin(), value.end(), is_bad)) {
    faults.Add(field, "must hold no control byte: it would be part of a message's head");
  }
  return value;
}

std::string ParseHeaderName(const std::string& name, std::string_view field,
                            config::Faults& faults) {
  if (name.empty() || !std::all_of(name.begin(), name.end(), IsTokenByte)) {
    faults.Add(field, base::StrCat("'", name, "' is not a header name"));
  }
  return Folded(name);
}

std::string ParseFieldName(const std::string& name, std::string_view field,
                           config::Faults& faults) {
  if (!name.starts_with(':')) return ParseHeaderName(name, field, faults);
  return ":" + ParseHeaderName(name.substr(1), field, faults);
}

std::string ParseUrlPart(const std::string& text, std::string_view field, config::Faults& faults) {
  const auto is_bad = [](unsigned char c) { return IsControl(c) || c == ' ' || c == '#'; };
  if (std::any_of(text.begin(), text.end(), is_bad)) {
    faults.Add(field, "must hold no space, control byte or '#'");
  }
  return text;
}

std::string ParseDataSource(const envoy::config::core::v3::DataSource& proto, size_t max_bytes,
                            config::Faults& faults) {
  using Proto = envoy::config::core::v3::DataSource;
  std::string bytes;
  switch (proto.specifier_case()) {
    case Proto::kFilename:
      bytes = ReadFile(proto.filename(), max_bytes, faults);
      break;
    case Proto::kInlineBytes:
      bytes = proto.inline_bytes();
      break;
    case Proto::kInlineString:
      bytes = proto.inline_string();
      break;
    case Proto::kEnvironmentVariable:
      bytes = ReadVariable(proto.environment_variable(), faults);
      break;
    case Proto::SPECIFIER_NOT_SET:
      faults.Add("",
                 "one of filename, inline_bytes, inline_string, environment_variable is "
                 "required");
      break;
  }
  if (bytes.size() > max_bytes) {
    faults.Add("", base::StrCat("has more than the ", max_bytes, " bytes that are allowed"));
  }
  return bytes;
}

}  // namespace weir::routing
