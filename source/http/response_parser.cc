#include "source/http/response_parser.h"

#include "source/http/field_lines.h"
#include "source/http/hop_by_hop.h"

namespace weir::http {
namespace {

// The longest start line of a response: its reason phrase is nobody's payload.
constexpr uint32_t kMaxStatusLineBytes = 8 * 1024;

// Fields that filters are likely to add to a head.
constexpr uint32_t kRoomForFilters = 8;

MessageFault ToFault(HeadScanner::Result result) {
  switch (result) {
    case HeadScanner::Result::kStartLineTooLong:
    case HeadScanner::Result::kTooLarge:
      return fault::kHeadTooLarge;
    case HeadScanner::Result::kTooManyFields:
      return fault::kTooManyFields;
    default:
      return fault::kInvalidCharacters;
  }
}

class ResponseFields {
 public:
  explicit ResponseFields(ParsedResponse& response) : response_(response), head_(*response.head) {}

  MessageFault AddField(const FieldLine& line) {
    if (Contains(kSpecial, line.id)) return AddSpecial(line);
    head_.headers.Add(line.id, line.name, line.value_view());
    return fault::kNone;
  }

  MessageFault Finish(Method request_method);

 private:
  static constexpr uint64_t kSpecial = kHopByHopFields | HeaderBit(HeaderId::kContentLength);

  MessageFault AddSpecial(const FieldLine& line);

  ParsedResponse& response_;
  ResponseHead& head_;
  FramingFields framing_;
  HopOptions hop_;
  char* upgrade_ = nullptr;
  size_t upgrade_size_ = 0;
  uint32_t upgrade_count_ = 0;
};

MessageFault ResponseFields::AddSpecial(const FieldLine& line) {
  switch (line.id) {
    case HeaderId::kContentLength:
      ++framing_.content_length_count;
      framing_.content_length = line.value_view();
      break;
    case HeaderId::kTransferEncoding:
      ++framing_.transfer_encoding_count;
      framing_.transfer_encoding = line.value_view();
      break;
    case HeaderId::kConnection:
      if (!AddConnectionOptions(line.value, line.value_size, Nomination::kResponse, hop_)) {
        return fault::kConnectionRejected;
      }
      break;
    case HeaderId::kUpgrade:
      ++upgrade_count_;
      upgrade_ = line.value;
      upgrade_size_ = line.value_size;
      break;
    default:
      break;  // of that hop only
  }
  return fault::kNone;
}

MessageFault ResponseFields::Finish(Method request_method) {
  BodyFraming& framing = response_.framing;
  framing = FrameReceivedResponse(framing_, head_.version, request_method, head_.status);
  if (framing.kind == BodyFraming::Kind::kError) return framing.fault;
  head_.content_length = framing.length;
  response_.keep_alive = !hop_.close && framing.kind != BodyFraming::Kind::kUntilClose &&
                         (head_.version == Version::kHttp11 || hop_.keep_alive);
  if (hop_.nominated_count > 0) RemoveNominated(hop_, head_.headers);
  if (head_.status != 101 || !hop_.upgrade || upgrade_count_ != 1) return fault::kNone;
  for (size_t i = 0; i < upgrade_size_; ++i) upgrade_[i] = ToLower(upgrade_[i]);
  head_.upgrade = {upgrade_, upgrade_size_};
  return fault::kNone;
}

}  // namespace

MessageFault ParseStatusLine(std::string_view line, Version& version, int& status) {
  constexpr size_t kShortest = 12;  // "HTTP/1.1 200"
  if (line.size() < kShortest) return fault::kInvalidStatusLine;
  const std::string_view name = line.substr(0, 9);
  if (name == "HTTP/1.1 ") {
    version = Version::kHttp11;
  } else if (name == "HTTP/1.0 ") {
    version = Version::kHttp10;
  } else {
    return fault::kInvalidStatusLine;
  }
  if (!IsDigit(line[9]) || !IsDigit(line[10]) || !IsDigit(line[11])) {
    return fault::kInvalidStatusLine;
  }
  status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  if (status < 100 || status > 599) return fault::kInvalidStatusLine;
  const bool has_end = line.size() == kShortest || line[kShortest] == ' ';
  return has_end ? fault::kNone : fault::kInvalidStatusLine;
}

ResponseParser::Result ResponseParser::Parse(std::string_view bytes, Method request_method,
                                             base::Arena& arena, ParsedResponse& response,
                                             size_t& consumed) {
  consumed = 0;
  const HeadScanner::Limits scan_limits{limits_.max_head_bytes, kMaxStatusLineBytes,
                                        limits_.max_headers};
  HeadScanner::Result scanned = scanner_.Scan(bytes, scan_limits);
  if (scanned == HeadScanner::Result::kStartLine) {
    response.fault =
        ParseStatusLine(bytes.substr(0, scanner_.start_line_size()), version_, status_);
    if (response.fault) return Result::kFault;
    scanned = scanner_.Scan(bytes, scan_limits);
  }
  if (scanned == HeadScanner::Result::kMore) return Result::kMore;
  if (scanned != HeadScanner::Result::kComplete) {
    response.fault = ToFault(scanned);
    return Result::kFault;
  }
  response.fault = BuildHead(bytes.substr(0, scanner_.size()), request_method, arena, response);
  if (response.fault) return Result::kFault;
  consumed = scanner_.size();
  scanner_.Start(true);
  return Result::kHead;
}

MessageFault ResponseParser::BuildHead(std::string_view bytes, Method request_method,
                                       base::Arena& arena, ParsedResponse& response) const {
  char* const text = CopyHead(bytes, arena);
  response.head = arena.New<ResponseHead>(arena);
  response.head->status = status_;
  response.head->version = version_;
  response.head->headers.Reserve(scanner_.field_count() + kRoomForFilters);
  ResponseFields fields(response);
  char* const first_field = text + scanner_.start_line_size() + 2;
  if (const MessageFault fault = ReadFieldLines(first_field, text, text + bytes.size(), fields)) {
    return fault;
  }
  return fields.Finish(request_method);
}

}  // namespace weir::http
