#include "source/http/body_writer.h"

#include <cstring>

#include "source/http/field_syntax.h"
#include "source/http/hop_by_hop.h"

namespace weir::http {
namespace {

constexpr size_t kMaxSizeLineBytes = 16 + 2;

void WriteSizeLine(uint64_t size, base::Buffer& output) {
  constexpr char kDigits[] = "0123456789abcdef";
  char* const begin = output.Reserve(kMaxSizeLineBytes);
  char* out = begin;
  int shift = 60;
  while (shift > 0 && (size >> shift) == 0) shift -= 4;
  for (; shift >= 0; shift -= 4) *out++ = kDigits[(size >> shift) & 0xf];
  *out++ = '\r';
  *out++ = '\n';
  output.Commit(static_cast<size_t>(out - begin));
}

}  // namespace

void BodyWriter::Start(const BodyFraming& framing) {
  kind_ = framing.kind;
  left_ = framing.length < 0 ? 0 : static_cast<uint64_t>(framing.length);
}

bool BodyWriter::Write(base::Buffer& body, bool ends_stream, base::Buffer& output) {
  switch (kind_) {
    case BodyFraming::Kind::kNone:
    case BodyFraming::Kind::kError:
      body.Clear();
      return true;
    case BodyFraming::Kind::kUntilClose:
      output.Move(body);
      return true;
    case BodyFraming::Kind::kLength: {
      const bool fits = body.size() <= left_ && (!ends_stream || body.size() == left_);
      if (body.size() > left_) {
        body.Clear();
        return false;
      }
      left_ -= body.size();
      output.Move(body);
      return fits;
    }
    case BodyFraming::Kind::kChunked:
      if (!body.empty()) {
        WriteSizeLine(body.size(), output);
        output.Move(body);
        output.Append("\r\n");
      }
      return ends_stream ? WriteTrailers(nullptr, output) : true;
  }
  return false;
}

bool BodyWriter::WriteTrailers(const HeaderMap* trailers, base::Buffer& output) {
  if (kind_ != BodyFraming::Kind::kChunked) {
    return kind_ != BodyFraming::Kind::kLength || left_ == 0;
  }
  output.Append("0\r\n");
  if (trailers != nullptr) {
    for (const Header& field : *trailers) {
      if (IsForbiddenTrailer(field.name) || !IsFieldValue(field.value) ||
          !IsLowerCaseFieldName(field.name)) {
        continue;
      }
      output.Append(field.name);
      output.Append(": ");
      output.Append(field.value);
      output.Append("\r\n");
    }
  }
  output.Append("\r\n");
  return true;
}

}  // namespace weir::http
