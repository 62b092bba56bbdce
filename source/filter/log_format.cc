#include "source/filter/log_format.h"

#include "source/base/check.h"

namespace weir::filter {

LogFormat::LogFormat(std::shared_ptr<const SubstitutionFormat> text, bool omits_empty)
    : text_(std::move(text)), omits_empty_(omits_empty) {}

LogFormat::LogFormat(JsonTemplate object, bool omits_empty)
    : object_(std::move(object)), omits_empty_(omits_empty) {}

std::shared_ptr<const LogFormat> LogFormat::Default() {
  auto text = SubstitutionFormat::Compile(SubstitutionFormat::kDefaultText);
  WEIR_CHECK(text.ok());
  return std::make_shared<LogFormat>(*std::move(text), false);
}

void LogFormat::AppendLine(const StreamInfo& info, std::string& out) const {
  if (text_ != nullptr) return text_->AppendText(info, omits_empty_ ? "" : "-", out);
  AppendJson(object_, info, out);
  out += '\n';
}

bool LogFormat::AppendJson(const JsonTemplate& value, const StreamInfo& info,
                           std::string& out) const {
  switch (value.kind) {
    case JsonTemplate::Kind::kLiteral:
      out += value.literal;
      return true;
    case JsonTemplate::Kind::kFormat:
      if (value.format->AppendJson(info, out)) return true;
      if (omits_empty_) return false;
      out += "null";
      return true;
    case JsonTemplate::Kind::kObject:
    case JsonTemplate::Kind::kList:
      break;
  }
  AppendMembers(value, info, out);
  return true;
}

void LogFormat::AppendMembers(const JsonTemplate& value, const StreamInfo& info,
                              std::string& out) const {
  const bool is_object = value.kind == JsonTemplate::Kind::kObject;
  out += is_object ? '{' : '[';
  bool is_first = true;
  for (size_t i = 0; i < value.members.size(); ++i) {
    const size_t begin = out.size();
    if (!is_first) out += ',';
    if (is_object) out += value.keys[i];
    if (AppendJson(value.members[i], info, out)) {
      is_first = false;
    } else {
      out.resize(begin);
    }
  }
  out += is_object ? '}' : ']';
}

}  // namespace weir::filter
