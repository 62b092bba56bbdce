#include "source/http/body_reader.h"

#include <algorithm>

#include "source/http/field_lines.h"
#include "source/http/hop_by_hop.h"

namespace weir::http {
namespace {

class TrailerFields {
 public:
  explicit TrailerFields(HeaderMap* map) : map_(map) {}

  MessageFault AddField(const FieldLine& line) {
    if (map_ == nullptr || line.has_underscore || IsForbiddenTrailer(line.name)) {
      return fault::kNone;
    }
    map_->AddCopy(line.name, line.value_view());
    return fault::kNone;
  }

 private:
  HeaderMap* map_;
};

}  // namespace

void BodyReader::Start(const BodyFraming& framing) {
  kind_ = framing.kind;
  left_ = framing.length < 0 ? 0 : static_cast<uint64_t>(framing.length);
  in_trailers_ = false;
  if (kind_ == BodyFraming::Kind::kChunked) chunks_.Start();
}

BodyReader::Result BodyReader::Fail(const MessageFault& fault) {
  fault_ = fault;
  return Result::kFault;
}

BodyReader::Result BodyReader::Read(std::string_view bytes, size_t& consumed, base::Buffer& payload,
                                    const CodecLimits& limits, HeaderMap* trailers) {
  consumed = 0;
  if (kind_ == BodyFraming::Kind::kChunked) {
    return ReadChunks(bytes, consumed, payload, limits, trailers);
  }
  const bool is_counted = kind_ == BodyFraming::Kind::kLength;
  consumed =
      is_counted ? static_cast<size_t>(std::min<uint64_t>(left_, bytes.size())) : bytes.size();
  payload.Append(bytes.substr(0, consumed));
  if (!is_counted) return Result::kMore;
  left_ -= consumed;
  return left_ == 0 ? Result::kDone : Result::kMore;
}

BodyReader::Result BodyReader::ReadChunks(std::string_view bytes, size_t& consumed,
                                          base::Buffer& payload, const CodecLimits& limits,
                                          HeaderMap* trailers) {
  while (!in_trailers_ && consumed < bytes.size()) {
    const ChunkedDecoder::Step step = chunks_.Decode(bytes.substr(consumed), limits);
    if (step.fault) return Fail(step.fault);
    consumed += step.consumed;
    payload.Append(step.payload);
    if (step.reached_trailers) {
      in_trailers_ = true;
      trailer_scanner_.Start(false);
    }
  }
  if (!in_trailers_) return Result::kMore;
  return ReadTrailers(bytes.substr(consumed), consumed, limits, trailers);
}

BodyReader::Result BodyReader::ReadTrailers(std::string_view bytes, size_t& consumed,
                                            const CodecLimits& limits, HeaderMap* trailers) {
  const HeadScanner::Limits scan_limits{limits.max_trailer_bytes, 0, limits.max_trailers};
  switch (trailer_scanner_.Scan(bytes, scan_limits)) {
    case HeadScanner::Result::kMore:
      return Result::kMore;
    case HeadScanner::Result::kComplete:
      break;
    case HeadScanner::Result::kTooLarge:
    case HeadScanner::Result::kTooManyFields:
      return Fail(fault::kTrailersTooLarge);
    default:
      return Fail(fault::kInvalidTrailers);
  }
  const size_t size = trailer_scanner_.size();
  consumed += size;
  if (size == 2) return Result::kDone;  // just the empty line

  // Names are lower-cased in place: in a copy, and the copy only for as long as it takes.
  base::Arena scratch;
  char* const text = CopyHead(bytes.substr(0, size), scratch);
  TrailerFields fields(trailers);
  if (ReadFieldLines(text, text, text + size, fields)) return Fail(fault::kInvalidTrailers);
  return Result::kDone;
}

}  // namespace weir::http
