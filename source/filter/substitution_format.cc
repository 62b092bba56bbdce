#include "source/filter/substitution_format.h"

#include <algorithm>
#include <utility>

#include "source/base/json_string.h"
#include "source/filter/log_escape.h"
#include "source/filter/substitution_compiler.h"

namespace weir::filter {

namespace {

using Piece = SubstitutionFormat::Piece;

// Appends the value as it is, up to the length that is allowed; false when there is none.
bool AppendRaw(const Piece& piece, const StreamInfo& info, std::string& out) {
  const size_t begin = out.size();
  if (!piece.op->value(info, piece.arguments, out)) {
    out.resize(begin);
    return false;
  }
  if (out.size() - begin > piece.arguments.max_bytes) {
    out.resize(begin + piece.arguments.max_bytes);
  }
  return true;
}

// The same for a log, which many people read.
bool AppendForLog(const Piece& piece, const StreamInfo& info, std::string& out) {
  const size_t begin = out.size();
  if (!AppendRaw(piece, info, out)) return false;
  if (piece.is_credential) out.replace(begin, std::string::npos, "[redacted]");
  return true;
}

}  // namespace

const std::string_view SubstitutionFormat::kDefaultText =
    "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" "
    "%RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% "
    "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" "
    "\"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\"\n";

SubstitutionFormat::SubstitutionFormat(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {}

SubstitutionFormat::~SubstitutionFormat() = default;

absl::StatusOr<std::shared_ptr<const SubstitutionFormat>> SubstitutionFormat::Compile(
    std::string_view text) {
  auto pieces = CompilePieces(text);
  if (!pieces.ok()) return pieces.status();
  return std::shared_ptr<const SubstitutionFormat>(new SubstitutionFormat(*std::move(pieces)));
}

void SubstitutionFormat::AppendText(const StreamInfo& info, std::string_view unset,
                                    std::string& out) const {
  for (const Piece& piece : pieces_) {
    const size_t begin = out.size();
    if (piece.op == nullptr) {
      out += piece.text;
    } else if (AppendForLog(piece, info, out)) {
      EscapeControls(begin, out);
    } else {
      out += unset;
    }
  }
}

void SubstitutionFormat::AppendHeaderValue(const StreamInfo& info, std::string& out) const {
  for (const Piece& piece : pieces_) {
    const size_t begin = out.size();
    if (piece.op == nullptr) {
      out += piece.text;
    } else if (AppendRaw(piece, info, out)) {
      EscapeControls(begin, out);
    }
  }
}

bool SubstitutionFormat::AppendJson(const StreamInfo& info, std::string& out) const {
  const size_t begin = out.size();
  const bool is_single = pieces_.size() == 1 && pieces_[0].op != nullptr;
  if (is_single && pieces_[0].op->type == Operator::Type::kNumber) {
    return AppendRaw(pieces_[0], info, out);
  }
  out += '"';
  for (const Piece& piece : pieces_) {
    if (piece.op == nullptr) {
      out += piece.text;
    } else if (!AppendForLog(piece, info, out)) {
      if (is_single) {
        out.resize(begin);
        return false;
      }
      out += '-';
    }
  }
  base::EscapeJson(begin + 1, out);
  out += '"';
  return true;
}

absl::StatusOr<std::shared_ptr<const routing::ValueTemplate>> CompileValueTemplate(
    std::string_view text) {
  auto format = SubstitutionFormat::Compile(text);
  if (!format.ok()) return format.status();
  return std::shared_ptr<const routing::ValueTemplate>(*std::move(format));
}

std::string_view EvaluateTemplate(const routing::ValueTemplate& value, const StreamInfo& info,
                                  base::Arena& arena) {
  // Keeps its memory from call to call.
  thread_local std::string text;
  text.clear();
  static_cast<const SubstitutionFormat&>(value).AppendHeaderValue(info, text);
  return arena.Copy(text);
}

}  // namespace weir::filter
