// Tested by test/filter/substitution_format_test.cc

#include "source/filter/substitution_compiler.h"

#include <algorithm>
#include <utility>

#include "source/base/strings.h"

namespace weir::filter {

namespace {

using Piece = SubstitutionFormat::Piece;
using http::HeaderId;

absl::Status Wrong(const std::string& what) { return absl::InvalidArgumentError(what); }

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

// Whose values let their holder in somewhere.
bool IsCredential(std::string_view header) {
  static constexpr std::string_view kCredentials[] = {"authorization", "proxy-authorization",
                                                      "cookie", "set-cookie", "x-api-key"};
  return std::find(std::begin(kCredentials), std::end(kCredentials), header) !=
         std::end(kCredentials);
}

// The text between two '%': NAME, NAME(ARGUMENT), NAME(ARGUMENT):LENGTH.
struct Parts {
  std::string_view name, argument, rest;
  bool has_argument = false;
};

// Where the operator that begins behind text[at] == '%' ends: at its closing '%'. Those in
// parentheses are strftime's.
size_t FindEnd(std::string_view text, size_t at) {
  bool in_argument = false;
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '(') in_argument = true;
    if (text[i] == ')') in_argument = false;
    if (text[i] == '%' && !in_argument) return i;
  }
  return std::string_view::npos;
}

Parts Split(std::string_view inside) {
  Parts parts;
  parts.name = inside.substr(0, inside.find_first_of("(:"));
  std::string_view rest = inside.substr(parts.name.size());
  if (rest.starts_with('(')) {
    // FindEnd ends no operator inside parentheses, so the closing one is there.
    const size_t close = rest.find(')');
    parts.has_argument = true;
    parts.argument = rest.substr(1, close - 1);
    rest = rest.substr(close + 1);
  }
  parts.rest = rest;
  return parts;
}

absl::Status CompileHeader(std::string_view name, HeaderKey& out) {
  const auto is_bad = [](char c) { return c <= ' ' || c == 0x7f || c == '(' || c == ','; };
  if (name.empty() || std::any_of(name.begin(), name.end(), is_bad)) {
    return Wrong(base::StrCat("\"", name, "\" is not a header's name"));
  }
  out.name = Lower(name);
  out.id = http::FindHeaderId(out.name);
  return absl::OkStatus();
}

absl::Status CompileHeaders(const Parts& parts, Piece& piece) {
  if (parts.argument.empty()) {
    return Wrong(
        base::StrCat(parts.name, " needs a header's name, as in %", parts.name, "(X-NAME)%"));
  }
  const size_t mark = parts.argument.find('?');
  absl::Status status = CompileHeader(parts.argument.substr(0, mark), piece.arguments.header);
  if (status.ok() && mark != std::string_view::npos) {
    status = CompileHeader(parts.argument.substr(mark + 1), piece.arguments.alternative);
  }
  piece.is_credential =
      IsCredential(piece.arguments.header.name) || IsCredential(piece.arguments.alternative.name);
  return status;
}

absl::Status CompileGrpcFormat(std::string_view name, Piece& piece) {
  using enum OperatorArguments::GrpcFormat;
  if (name.empty() || name == "CAMEL_STRING") {
    piece.arguments.grpc = kCamel;
  } else if (name == "SNAKE_STRING") {
    piece.arguments.grpc = kSnake;
  } else if (name == "NUMBER") {
    piece.arguments.grpc = kNumber;
  } else {
    return Wrong(base::StrCat("\"", name, "\" is none of CAMEL_STRING, SNAKE_STRING, NUMBER"));
  }
  return absl::OkStatus();
}

absl::Status CompileArgument(const Parts& parts, Piece& piece) {
  switch (piece.op->argument) {
    case Operator::Argument::kHeader:
      return CompileHeaders(parts, piece);
    case Operator::Argument::kTime:
      if (parts.argument.size() > StartTimeFormat::kMaxFormatBytes) {
        return Wrong(
            base::StrCat("a time format has at most ", StartTimeFormat::kMaxFormatBytes, " bytes"));
      }
      piece.arguments.time = StartTimeFormat(parts.argument);
      return absl::OkStatus();
    case Operator::Argument::kGrpcFormat:
      return CompileGrpcFormat(parts.argument, piece);
    case Operator::Argument::kNone:
      break;
  }
  if (parts.has_argument) return Wrong(base::StrCat(parts.name, " takes no argument"));
  return absl::OkStatus();
}

absl::Status CompileLength(std::string_view rest, Piece& piece) {
  if (rest.empty()) return absl::OkStatus();
  const std::string_view digits = rest.substr(1);
  const auto length = base::ParseInteger<size_t>(digits);
  if (rest[0] != ':' || !length.has_value()) {
    return Wrong(base::StrCat("\"", rest, "\" is no length in bytes, as in :100"));
  }
  piece.arguments.max_bytes = std::min(*length, SubstitutionFormat::kMaxValueBytes);
  return absl::OkStatus();
}

absl::Status CompileOperator(std::string_view inside, Piece& piece) {
  const Parts parts = Split(inside);
  piece.op = FindOperator(parts.name);
  if (piece.op == nullptr) {
    std::string names;
    for (const std::string_view name : OperatorNames()) {
      base::StrAppend(&names, names.empty() ? "" : ", ", name);
    }
    return Wrong(base::StrCat("there is no operator \"", parts.name, "\"; there are ", names));
  }
  const absl::Status status = CompileArgument(parts, piece);
  return status.ok() ? CompileLength(parts.rest, piece) : status;
}

void AddLiteral(std::string_view text, std::vector<Piece>& pieces) {
  if (text.empty()) return;
  if (pieces.empty() || pieces.back().op != nullptr) pieces.emplace_back();
  pieces.back().text += text;
}

}  // namespace

absl::StatusOr<std::vector<Piece>> CompilePieces(std::string_view text) {
  const auto fault_at = [text](size_t at, std::string_view what) {
    return Wrong(base::StrCat("\"", text, "\", character ", at + 1, ": ", what));
  };
  std::vector<Piece> pieces;
  for (size_t at = 0; at < text.size();) {
    const size_t percent = std::min(text.find('%', at), text.size());
    AddLiteral(text.substr(at, percent - at), pieces);
    if (percent == text.size()) break;
    const size_t end = FindEnd(text, percent);
    if (end == std::string_view::npos) {
      return fault_at(percent, "an operator begins here and does not end; %% is a percent sign");
    }
    at = end + 1;
    if (end == percent + 1) {
      AddLiteral("%", pieces);
      continue;
    }
    Piece piece;
    const absl::Status status = CompileOperator(text.substr(percent + 1, end - percent - 1), piece);
    if (!status.ok()) return fault_at(percent, base::ToStd(status.message()));
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

}  // namespace weir::filter
