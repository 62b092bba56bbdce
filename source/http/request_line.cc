#include "source/http/request_line.h"

#include "source/http/field_syntax.h"

namespace weir::http {
namespace {

MessageFault ParseMethodToken(std::string_view line, RequestLine& parsed) {
  size_t size = 0;
  while (size < line.size() && IsTokenByte(line[size])) ++size;
  if (size == 0) return fault::kInvalidMethod;
  if (size == line.size() || line[size] != ' ') return fault::kInvalidRequestLine;
  if (size > kMaxMethodBytes) return fault::kMethodTooLong;
  parsed.method_size = static_cast<uint32_t>(size);
  parsed.method = ParseMethod(line.substr(0, size));
  return fault::kNone;
}

bool FindForm(std::string_view target, RequestLine& parsed) {
  if (parsed.method == Method::kConnect) {
    parsed.form = TargetForm::kAuthority;
    return true;
  }
  if (target.front() == '/') {
    parsed.form = TargetForm::kOrigin;
    return true;
  }
  if (target == "*") {
    parsed.form = TargetForm::kAsterisk;
    return parsed.method == Method::kOptions;
  }
  parsed.form = TargetForm::kAbsolute;
  return target.find("://") != std::string_view::npos;
}

MessageFault ParseVersion(std::string_view text, const Http1ServerOptions& options,
                          RequestLine& parsed) {
  if (text == "HTTP/1.1") {
    parsed.version = Version::kHttp11;
    return fault::kNone;
  }
  const bool is_version = text.size() == 8 && text.starts_with("HTTP/") && IsDigit(text[5]) &&
                          text[6] == '.' && IsDigit(text[7]);
  if (!is_version) return fault::kInvalidRequestLine;
  if (text != "HTTP/1.0") return fault::kUnsupportedVersion;
  parsed.version = Version::kHttp10;
  return options.accept_http_10 ? fault::kNone : fault::kUpgradeRequired;
}

}  // namespace

MessageFault ParseRequestLine(std::string_view line, const Http1ServerOptions& options,
                              RequestLine& parsed) {
  if (line == "PRI * HTTP/2.0") return fault::kHttp2Preface;
  if (const MessageFault fault = ParseMethodToken(line, parsed)) return fault;
  const char* const begin = line.data() + parsed.target_offset();
  const char* const line_end = line.data() + line.size();
  const char* const end = FindTargetEnd(begin, line_end);
  parsed.target_size = static_cast<uint32_t>(end - begin);
  if (parsed.target_size > options.limits.max_uri_bytes) return fault::kUriTooLong;
  if (end == line_end) return fault::kInvalidRequestLine;
  if (*end != ' ') return fault::kInvalidTarget;
  const std::string_view target(begin, parsed.target_size);
  if (target.empty() || !FindForm(target, parsed)) return fault::kInvalidTarget;
  return ParseVersion({end + 1, static_cast<size_t>(line_end - end - 1)}, options, parsed);
}

}  // namespace weir::http
