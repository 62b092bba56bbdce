#include "source/filter/substitution_format.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "source/base/strings.h"
#include "source/filter/substitution_operators.h"

namespace weir::filter {

struct SubstitutionFormat::Piece {
  std::string text;  // literal, when there is no operator
  const Operator* op = nullptr;
  OperatorArguments arguments;
};

namespace {

using Piece = SubstitutionFormat::Piece;

absl::Status Wrong(std::string_view text, size_t at, const std::string& what) {
  return absl::InvalidArgumentError(base::StrCat("\"", text, "\", character ", at + 1, ": ", what));
}

// The text between two '%': NAME, NAME(ARGUMENT), NAME(ARGUMENT):LENGTH.
struct Split {
  std::string_view name, argument, length;
  bool has_argument = false;
};

// Where the operator that begins behind text[at] == '%' ends: at its closing '%'.
size_t FindEnd(std::string_view text, size_t at) {
  bool in_argument = false;
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '(') in_argument = true;
    if (text[i] == ')') in_argument = false;
    if (text[i] == '%' && !in_argument) return i;
  }
  return std::string_view::npos;
}

Split SplitOperator(std::string_view inside) {
  Split split;
  const size_t open = inside.find('(');
  if (open == std::string_view::npos) {
    const size_t colon = inside.find(':');
    split.name = inside.substr(0, colon);
    if (colon != std::string_view::npos) split.length = inside.substr(colon + 1);
    return split;
  }
  const size_t close = inside.rfind(')');
  split.name = inside.substr(0, open);
  split.has_argument = true;
  if (close == std::string_view::npos || close < open) return split;
  split.argument = inside.substr(open + 1, close - open - 1);
  if (close + 2 <= inside.size() && inside[close + 1] == ':') {
    split.length = inside.substr(close + 2);
  }
  return split;
}

absl::Status ReadArguments(const Split& split, Piece& piece) {
  using Argument = Operator::Argument;
  const Operator& op = *piece.op;
  if (op.argument == Argument::kNone && split.has_argument) {
    return absl::InvalidArgumentError(base::StrCat(op.name, " takes no argument"));
  }
  if (op.argument == Argument::kHeader) {
    if (split.argument.empty()) {
      return absl::InvalidArgumentError(
          base::StrCat(op.name, " needs a header's name, as in %", op.name, "(X-NAME)%"));
    }
    const size_t mark = split.argument.find('?');
    piece.arguments.main = absl::AsciiStrToLower(base::ToAbsl(split.argument.substr(0, mark)));
    if (mark != std::string_view::npos) {
      piece.arguments.alternative =
          absl::AsciiStrToLower(base::ToAbsl(split.argument.substr(mark + 1)));
    }
  } else {
    piece.arguments.main = std::string(split.argument);
  }
  if (split.length.empty()) return absl::OkStatus();
  size_t length = 0;
  const char* end = split.length.data() + split.length.size();
  const auto parsed = std::from_chars(split.length.data(), end, length);
  if (parsed.ec != std::errc() || parsed.ptr != end) {
    return absl::InvalidArgumentError(base::StrCat("\"", split.length, "\" is no length in bytes"));
  }
  piece.arguments.max_bytes = std::min(length, SubstitutionFormat::kMaxValueBytes);
  return absl::OkStatus();
}

void AddLiteral(std::string_view text, std::vector<Piece>& pieces) {
  if (pieces.empty() || pieces.back().op != nullptr) pieces.emplace_back();
  pieces.back().text += text;
}

// Keeps a value to its length and to one line; what was appended to `out` from `begin` on.
void MakeSafe(size_t begin, size_t max_bytes, std::string& out) {
  if (out.size() - begin > max_bytes) out.resize(begin + max_bytes);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::none_of(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), is_control)) return;
  const std::string raw = out.substr(begin);
  out.resize(begin);
  static constexpr char kHex[] = "0123456789abcdef";
  for (const char c : raw) {
    if (!is_control(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
  }
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
  std::vector<Piece> pieces;
  for (size_t at = 0; at < text.size();) {
    const size_t percent = text.find('%', at);
    AddLiteral(text.substr(at, percent - at), pieces);
    if (percent == std::string_view::npos) break;
    if (percent + 1 < text.size() && text[percent + 1] == '%') {
      AddLiteral("%", pieces);
      at = percent + 2;
      continue;
    }
    const size_t end = FindEnd(text, percent);
    if (end == std::string_view::npos) {
      return Wrong(text, percent,
                   "an operator begins with % here and does not end; %% is a "
                   "percent sign");
    }
    const Split split = SplitOperator(text.substr(percent + 1, end - percent - 1));
    Piece piece;
    piece.op = FindOperator(split.name);
    if (piece.op == nullptr) {
      return Wrong(text, percent,
                   base::StrCat("there is no operator ", split.name, "; there are ",
                                absl::StrJoin(OperatorNames(), ", ")));
    }
    const absl::Status read = ReadArguments(split, piece);
    if (!read.ok()) return Wrong(text, percent, std::string(read.message()));
    pieces.push_back(std::move(piece));
    at = end + 1;
  }
  return std::shared_ptr<const SubstitutionFormat>(new SubstitutionFormat(std::move(pieces)));
}

void SubstitutionFormat::AppendTo(const StreamInfo& info, std::string_view unset,
                                  std::string& out) const {
  for (const Piece& piece : pieces_) {
    if (piece.op == nullptr) {
      out += piece.text;
      continue;
    }
    const size_t begin = out.size();
    if (piece.op->value(info, piece.arguments, out)) {
      MakeSafe(begin, piece.arguments.max_bytes, out);
    } else {
      out.resize(begin);
      out += unset;
    }
  }
}

bool SubstitutionFormat::is_single_number() const {
  return pieces_.size() == 1 && pieces_[0].op != nullptr && pieces_[0].op->is_number;
}

absl::StatusOr<std::shared_ptr<const routing::ValueTemplate>> CompileValueTemplate(
    std::string_view text) {
  auto format = SubstitutionFormat::Compile(text);
  if (!format.ok()) return format.status();
  return std::shared_ptr<const routing::ValueTemplate>(std::move(*format));
}

std::string_view EvaluateTemplate(const routing::ValueTemplate& value, const StreamInfo& info,
                                  base::Arena& arena) {
  std::string text;
  static_cast<const SubstitutionFormat&>(value).AppendTo(info, "", text);
  return arena.Copy(text);
}

}  // namespace weir::filter
