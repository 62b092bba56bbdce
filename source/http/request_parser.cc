#include "source/http/request_parser.h"

#include <algorithm>

#include "source/http/authority.h"
#include "source/http/field_lines.h"
#include "source/http/hop_by_hop.h"

namespace weir::http {
namespace {

// Some clients send an empty line after a body; more than two are no such thing.
constexpr uint8_t kMaxEmptyLines = 2;

// Fields that filters are likely to add to a head.
constexpr uint32_t kRoomForFilters = 8;

MessageFault ToFault(HeadScanner::Result result) {
  switch (result) {
    case HeadScanner::Result::kStartLineTooLong:
      return fault::kUriTooLong;
    case HeadScanner::Result::kTooLarge:
      return fault::kHeadTooLarge;
    case HeadScanner::Result::kTooManyFields:
      return fault::kTooManyFields;
    default:
      return fault::kInvalidCharacters;
  }
}

// Sorts the fields of one head: ordinary ones into the map, the connection's own aside.
class RequestFields {
 public:
  RequestFields(const Http1ServerOptions& options, ParsedRequest& request)
      : options_(options), request_(request), head_(*request.head) {}

  MessageFault AddField(const FieldLine& line) {
    if (Contains(kSpecial, line.id)) return AddSpecial(line);
    if (line.has_underscore) return AddWithUnderscore(line);
    head_.headers.Add(line.id, line.name, line.value_view());
    return fault::kNone;
  }

  // All fields were added: `target` is the request's, writable.
  MessageFault Finish(const RequestLine& line, char* target);

 private:
  static constexpr uint64_t kSpecial =
      kCodecFields | HeaderBit(HeaderId::kTe) | HeaderBit(HeaderId::kProxyAuthenticate);

  MessageFault AddSpecial(const FieldLine& line);
  MessageFault AddWithUnderscore(const FieldLine& line);
  MessageFault FinishTarget(const RequestLine& line, char* target);
  MessageFault FoldAbsoluteForm(char* target, size_t size);
  MessageFault FoldAuthorityForm(char* target, size_t size);
  MessageFault FinishHost();
  MessageFault FinishExpect();
  MessageFault FinishUpgrade();
  std::string_view FindUpgradeProtocol();

  const Http1ServerOptions& options_;
  ParsedRequest& request_;
  RequestHead& head_;
  FramingFields framing_;
  HopOptions hop_;
  char* host_ = nullptr;
  size_t host_size_ = 0;
  uint32_t host_count_ = 0;
  uint32_t expect_count_ = 0;
  uint32_t upgrade_count_ = 0;
  bool accepts_trailers_ = false;
  std::string_view expect_;
  char* upgrade_ = nullptr;
  size_t upgrade_size_ = 0;
  Authority target_authority_;
};

MessageFault RequestFields::AddSpecial(const FieldLine& line) {
  switch (line.id) {
    case HeaderId::kHost:
      ++host_count_;
      host_ = line.value;
      host_size_ = line.value_size;
      break;
    case HeaderId::kContentLength:
      ++framing_.content_length_count;
      framing_.content_length = line.value_view();
      break;
    case HeaderId::kTransferEncoding:
      ++framing_.transfer_encoding_count;
      framing_.transfer_encoding = line.value_view();
      break;
    case HeaderId::kConnection:
      if (!AddConnectionOptions(line.value, line.value_size, Nomination::kRequest, hop_)) {
        return fault::kConnectionRejected;
      }
      break;
    case HeaderId::kTe:
      accepts_trailers_ = accepts_trailers_ || AcceptsTrailers(line.value_view());
      break;
    case HeaderId::kExpect:
      ++expect_count_;
      expect_ = line.value_view();
      break;
    case HeaderId::kUpgrade:
      ++upgrade_count_;
      upgrade_ = line.value;
      upgrade_size_ = line.value_size;
      break;
    default:
      break;  // of this hop only, and nothing to us
  }
  return fault::kNone;
}

MessageFault RequestFields::AddWithUnderscore(const FieldLine& line) {
  if (IsUnderscoreAlias(line.name)) return fault::kUnderscoreAlias;
  switch (options_.underscores) {
    case UnderscoreAction::kRejectRequest:
      return fault::kUnderscore;
    case UnderscoreAction::kDropHeader:
      break;
    case UnderscoreAction::kAllow:
      head_.headers.Add(HeaderId::kOther, line.name, line.value_view());
      break;
  }
  return fault::kNone;
}

MessageFault RequestFields::Finish(const RequestLine& line, char* target) {
  request_.framing = FrameReceivedRequest(framing_, line.version);
  if (request_.framing.kind == BodyFraming::Kind::kError) return request_.framing.fault;
  head_.content_length = request_.framing.length < 0 ? 0 : request_.framing.length;
  if (request_.framing.kind == BodyFraming::Kind::kChunked) head_.content_length = -1;
  request_.keep_alive = !hop_.close && (line.version == Version::kHttp11 || hop_.keep_alive);
  if (hop_.nominated_count > 0) RemoveNominated(hop_, head_.headers);
  if (accepts_trailers_) head_.headers.Add(HeaderId::kTe, "trailers");
  if (const MessageFault fault = FinishTarget(line, target)) return fault;
  if (const MessageFault fault = FinishHost()) return fault;
  if (expect_count_ > 0) {
    if (const MessageFault fault = FinishExpect()) return fault;
  }
  return upgrade_count_ > 0 ? FinishUpgrade() : fault::kNone;
}

MessageFault RequestFields::FinishTarget(const RequestLine& line, char* target) {
  switch (line.form) {
    case TargetForm::kOrigin:
    case TargetForm::kAsterisk:
      head_.path = {target, line.target_size};
      return fault::kNone;
    case TargetForm::kAbsolute:
      return FoldAbsoluteForm(target, line.target_size);
    case TargetForm::kAuthority:
      return FoldAuthorityForm(target, line.target_size);
  }
  return fault::kInvalidTarget;
}

MessageFault RequestFields::FoldAbsoluteForm(char* target, size_t size) {
  const std::string_view text(target, size);
  const size_t scheme_size = text.find("://");
  const std::string_view scheme = text.substr(0, scheme_size);
  const bool is_secure = EqualsIgnoreCase(scheme, "https");
  if (!is_secure && !EqualsIgnoreCase(scheme, "http")) return fault::kInvalidTarget;
  if (is_secure != options_.is_secure) return fault::kInvalidScheme;

  const size_t begin = scheme_size + 3;
  const size_t end = std::min(text.find_first_of("/?", begin), size);
  target_authority_ = CanonicalizeAuthority(target + begin, end - begin);
  if (!target_authority_) return fault::kInvalidTarget;
  const std::string_view rest = text.substr(end);
  if (rest.empty() && head_.method == Method::kOptions) {
    head_.path = "*";  // RFC 9112 §3.2.4
  } else if (rest.empty() || rest.front() == '?') {
    head_.path = head_.headers.arena().Join("/", rest);
  } else {
    head_.path = rest;
  }
  return fault::kNone;
}

MessageFault RequestFields::FoldAuthorityForm(char* target, size_t size) {
  target_authority_ = CanonicalizeAuthority(target, size);
  if (!target_authority_ || !target_authority_.has_port) return fault::kInvalidTarget;
  const bool has_body = framing_.transfer_encoding_count > 0 || request_.framing.length > 0;
  return has_body ? fault::kBodyDisallowed : fault::kNone;
}

MessageFault RequestFields::FinishHost() {
  if (host_count_ > 1) return fault::kDuplicateHost;
  if (host_count_ == 0) {
    if (head_.version == Version::kHttp11) return fault::kMissingHost;
    head_.authority = target_authority_ ? target_authority_.text
                                        : std::string_view(options_.default_host_for_http_10);
    return head_.authority.empty() ? fault::kMissingHost : fault::kNone;
  }
  const Authority host = CanonicalizeAuthority(host_, host_size_);
  if (!host) return fault::kInvalidHost;
  head_.authority = host.text;
  if (!target_authority_) return fault::kNone;
  head_.authority = target_authority_.text;
  // Clients leave the port of a CONNECT out of Host, too.
  const bool matches =
      host.text == target_authority_.text ||
      (head_.method == Method::kConnect && !host.has_port && host.host == target_authority_.host);
  return matches ? fault::kNone : fault::kHostMismatch;
}

MessageFault RequestFields::FinishExpect() {
  if (head_.version == Version::kHttp10) return fault::kNone;
  if (expect_count_ > 1 || !EqualsIgnoreCase(expect_, "100-continue")) return fault::kExpectation;
  head_.expects_continue = head_.content_length != 0;
  return fault::kNone;
}

// The one protocol that is offered besides h2c, which is never ours to take; empty when there is
// none or a choice of several.
std::string_view RequestFields::FindUpgradeProtocol() {
  if (upgrade_count_ > 1) return {};
  for (size_t i = 0; i < upgrade_size_; ++i) upgrade_[i] = ToLower(upgrade_[i]);
  std::string_view list(upgrade_, upgrade_size_);
  std::string_view protocol;
  std::string_view found;
  while (NextListElement(list, protocol)) {
    if (protocol.empty() || protocol == "h2c") continue;
    if (!found.empty()) return {};
    found = protocol;
  }
  return found;
}

MessageFault RequestFields::FinishUpgrade() {
  if (!hop_.upgrade || head_.method == Method::kConnect) return fault::kNone;
  const std::string_view protocol = FindUpgradeProtocol();
  const bool can_upgrade = head_.method == Method::kGet && head_.version == Version::kHttp11 &&
                           head_.content_length == 0;
  if (protocol == "websocket") {
    const bool is_handshake = !head_.headers.Value("sec-websocket-key").empty() &&
                              head_.headers.Value("sec-websocket-version") == "13";
    if (!can_upgrade || !is_handshake) return fault::kInvalidUpgrade;
  }
  if (can_upgrade) head_.upgrade = protocol;
  return fault::kNone;
}

}  // namespace

MessageFault RequestParser::SkipEmptyLines(std::string_view bytes, size_t& consumed) {
  while (bytes.size() >= consumed + 2 && bytes[consumed] == '\r' && bytes[consumed + 1] == '\n') {
    if (++empty_lines_ > kMaxEmptyLines) return fault::kEmptyLines;
    consumed += 2;
  }
  return fault::kNone;
}

RequestParser::Result RequestParser::Parse(std::string_view bytes, base::Arena& arena,
                                           ParsedRequest& request, size_t& consumed) {
  consumed = 0;
  if (!scanner_.has_begun()) {
    request.fault = SkipEmptyLines(bytes, consumed);
    if (request.fault) return Result::kFault;
    bytes.remove_prefix(consumed);
    if (bytes.empty() || bytes == "\r") return Result::kMore;
  }
  const CodecLimits& limits = options_.limits;
  const HeadScanner::Limits scan_limits{
      limits.max_head_bytes, limits.max_uri_bytes + kMaxRequestLineExtraBytes, limits.max_headers};
  HeadScanner::Result scanned = scanner_.Scan(bytes, scan_limits);
  if (scanned == HeadScanner::Result::kStartLine) {
    request.fault = ParseRequestLine(bytes.substr(0, scanner_.start_line_size()), options_, line_);
    if (request.fault) return Result::kFault;
    scanned = scanner_.Scan(bytes, scan_limits);
  }
  if (scanned == HeadScanner::Result::kMore) return Result::kMore;
  if (scanned != HeadScanner::Result::kComplete) {
    request.fault = ToFault(scanned);
    return Result::kFault;
  }
  request.fault = BuildHead(bytes.substr(0, scanner_.size()), arena, request);
  if (request.fault) return Result::kFault;
  consumed += scanner_.size();
  scanner_.Start(true);
  empty_lines_ = 0;
  return Result::kHead;
}

MessageFault RequestParser::BuildHead(std::string_view bytes, base::Arena& arena,
                                      ParsedRequest& request) const {
  char* const text = CopyHead(bytes, arena);
  request.head = arena.New<RequestHead>(arena);
  RequestHead& head = *request.head;
  head.method = line_.method;
  head.method_name = {text, line_.method_size};
  head.scheme = options_.is_secure ? "https" : "http";
  head.version = line_.version;
  head.headers.Reserve(scanner_.field_count() + kRoomForFilters);

  RequestFields fields(options_, request);
  char* const first_field = text + scanner_.start_line_size() + 2;
  if (const MessageFault fault = ReadFieldLines(first_field, text, text + bytes.size(), fields)) {
    return fault;
  }
  return fields.Finish(line_, text + line_.target_offset());
}

}  // namespace weir::http
