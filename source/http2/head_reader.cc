// Tested by test/http2/bad_heads_test.cc.

#include "source/http2/head_reader.h"

#include "source/base/strings.h"
#include "source/http/authority.h"
#include "source/http/field_syntax.h"
#include "source/http/framing.h"
#include "source/http/hop_by_hop.h"
#include "source/http2/http2_faults.h"

namespace weir::http2 {
namespace {

using http::HeaderId;

constexpr uint32_t kMaxMethodBytes = 32;
// Fields that filters are likely to add to a head.
constexpr uint32_t kRoom = 24;

char* CopyLowerCase(std::string_view text, base::Arena& arena) {
  char* const copy = arena.AllocateBytes(text.size());
  for (size_t i = 0; i < text.size(); ++i) copy[i] = http::ToLower(text[i]);
  return copy;
}

}  // namespace

void HeadReader::Start(Block block, base::Arena& arena, const Options& options) {
  block_ = block;
  arena_ = &arena;
  options_ = &options;
  fault_ = {};
  host_ = protocol_ = scheme_ = {};
  charged_bytes_ = field_count_ = cookie_count_ = underscores_dropped_ = 0;
  content_length_ = -1;
}

void HeadReader::StartRequest(base::Arena& arena, const Options& options) {
  Start(Block::kRequest, arena, options);
  request_ = arena.New<http::RequestHead>(arena);
  request_->version = http::Version::kHttp2;
  request_->headers.Reserve(kRoom);
}

void HeadReader::StartResponse(base::Arena& arena, const Options& options) {
  Start(Block::kResponse, arena, options);
  response_ = arena.New<http::ResponseHead>(arena);
  response_->version = http::Version::kHttp2;
  response_->status = 0;
  response_->headers.Reserve(kRoom);
}

void HeadReader::StartTrailers(base::Arena& arena, const Options& options) {
  Start(Block::kTrailers, arena, options);
  trailers_ = arena.New<http::HeaderMap>(arena);
}

void HeadReader::Add(std::string_view name, std::string_view value) {
  if (fault_ || !Charge(name, value)) return;
  if (name.starts_with(':')) {
    AddPseudo(name, value);
  } else {
    AddField(name, value);
  }
}

bool HeadReader::Charge(std::string_view name, std::string_view value) {
  const bool is_trailer = block_ == Block::kTrailers;
  const http::CodecLimits& limits = options_->limits;
  ++field_count_;
  charged_bytes_ += static_cast<uint32_t>(name.size() + value.size() + 32);
  if (charged_bytes_ > (is_trailer ? limits.max_trailer_bytes : limits.max_head_bytes)) {
    Refuse(fault::kHeadTooLarge);
  } else if (field_count_ > (is_trailer ? limits.max_trailers : limits.max_headers)) {
    Refuse(fault::kTooManyFields);
  }
  return !fault_;
}

void HeadReader::AddPseudo(std::string_view name, std::string_view value) {
  if (block_ == Block::kResponse) {
    response_->status = base::ParseInteger<int>(value).value_or(0);
    return;
  }
  if (block_ != Block::kRequest) return;
  http::RequestHead& head = *request_;
  if (name == ":method") {
    if (value.size() > kMaxMethodBytes || !http::IsToken(value))
      return Refuse(fault::kInvalidMethod);
    head.method_name = arena_->Copy(value);
    head.method = http::ParseMethod(head.method_name);
  } else if (name == ":path") {
    SetPath(value);
  } else if (name == ":scheme") {
    scheme_ = arena_->Copy(value);
  } else if (name == ":authority") {
    SetAuthority(value, head.authority);
  } else if (name == ":protocol") {
    if (!http::IsToken(value)) return Refuse(fault::kInvalidFieldValue);
    protocol_ = {CopyLowerCase(value, *arena_), value.size()};
  }
}

void HeadReader::SetPath(std::string_view value) {
  if (value.size() > options_->limits.max_uri_bytes) return Refuse(fault::kUriTooLong);
  char* const copy = arena_->AllocateBytes(value.size());
  if (value.empty() || !http::CopyTarget(copy, value.data(), value.size())) {
    return Refuse(fault::kInvalidPath);
  }
  request_->path = {copy, value.size()};
}

void HeadReader::SetAuthority(std::string_view value, std::string_view& canonical) {
  char* const copy = arena_->AllocateBytes(value.size());
  value.copy(copy, value.size());
  canonical = http::CanonicalizeAuthority(copy, value.size()).text;
  if (canonical.empty()) Refuse(fault::kInvalidAuthority);
}

std::string_view HeadReader::CopyValue(std::string_view value) {
  char* const copy = arena_->AllocateBytes(value.size());
  if (http::CopyFieldText(copy, value.data(), value.size())) return {copy, value.size()};
  Refuse(fault::kInvalidFieldValue);
  return {};
}

void HeadReader::AddField(std::string_view name, std::string_view value) {
  const HeaderId id = http::FindHeaderId(name);
  if (id == HeaderId::kOther && !http::IsLowerCaseFieldName(name)) {
    return Refuse(fault::kInvalidFieldName);
  }
  if (block_ == Block::kTrailers && (!options_->allow_trailers || http::IsForbiddenTrailer(name))) {
    return;
  }
  const bool is_length = id == HeaderId::kContentLength && block_ != Block::kTrailers;
  if (is_length) {
    const auto length = http::ParseContentLength(value);
    if (!length.has_value()) return Refuse(fault::kInvalidContentLength);
    content_length_ = *length;
    return;
  }
  if (block_ == Block::kRequest) return AddRequestField(id, name, value);
  // Of a hop only, or said in another way by HTTP/2.
  if (block_ == Block::kResponse && http::Contains(http::kHopByHopFields, id)) return;
  http::HeaderMap& map = block_ == Block::kResponse ? response_->headers : *trailers_;
  map.Add(id, id == HeaderId::kOther ? arena_->Copy(name) : http::HeaderName(id), CopyValue(value));
}

void HeadReader::AddRequestField(HeaderId id, std::string_view name, std::string_view value) {
  switch (id) {
    case HeaderId::kHost:
      return SetAuthority(value, host_);
    case HeaderId::kExpect:
      if (!http::EqualsIgnoreCase(value, "100-continue")) return Refuse(fault::kExpectation);
      request_->expects_continue = true;
      return;
    case HeaderId::kTrailer:
    case HeaderId::kHttp2Settings:
      return;
    case HeaderId::kCookie:
      ++cookie_count_;
      break;
    case HeaderId::kOther:
      if (!AdmitUnderscores(name)) return;
      name = arena_->Copy(name);
      break;
    default:
      break;
  }
  if (id != HeaderId::kOther) name = http::HeaderName(id);
  request_->headers.Add(id, name, CopyValue(value));
}

bool HeadReader::AdmitUnderscores(std::string_view name) {
  if (name.find('_') == std::string_view::npos) return true;
  if (http::IsUnderscoreAlias(name)) {
    Refuse(fault::kUnderscoreAlias);
    return false;
  }
  switch (options_->underscores) {
    case http::UnderscoreAction::kAllow:
      return true;
    case http::UnderscoreAction::kDropHeader:
      ++underscores_dropped_;
      return false;
    case http::UnderscoreAction::kRejectRequest:
      break;
  }
  Refuse(fault::kUnderscore);
  return false;
}

// RFC 9113 §8.2.3: crumbs of one field.
void HeadReader::JoinCookies() {
  size_t size = 0;
  for (const http::Header& field : request_->headers) {
    if (field.id == HeaderId::kCookie) size += field.value.size() + 2;
  }
  char* const joined = arena_->AllocateBytes(size);
  char* end = joined;
  for (const http::Header& field : request_->headers) {
    if (field.id != HeaderId::kCookie) continue;
    if (end != joined) {
      *end++ = ';';
      *end++ = ' ';
    }
    end += field.value.copy(end, field.value.size());
  }
  request_->headers.Set(HeaderId::kCookie, {joined, static_cast<size_t>(end - joined)});
}

http::MessageFault HeadReader::FinishRequest(bool ends_stream, Stats& stats) {
  stats.dropped_headers_with_underscores.Add(underscores_dropped_);
  http::RequestHead& head = *request_;
  const bool is_connect = head.method == http::Method::kConnect;
  if (!fault_ && head.authority.empty()) {
    head.authority = host_;
    if (host_.empty()) Refuse(fault::kMissingHost);
  } else if (!host_.empty() && host_ != head.authority) {
    Refuse(fault::kHostMismatch);
  }
  const std::string_view scheme = options_->is_secure ? "https" : "http";
  if (!is_connect || !protocol_.empty()) {
    if (scheme_ != scheme) Refuse(fault::kInvalidScheme);
    const bool is_asterisk = head.path == "*" && head.method == http::Method::kOptions;
    if (!head.path.starts_with('/') && !is_asterisk) Refuse(fault::kInvalidPath);
  }
  head.scheme = scheme;
  if (fault_) {
    if (fault_.detail() == fault::kUnderscore.detail) {
      stats.requests_rejected_with_underscores_in_headers.Add();
    }
    return fault_;
  }
  if (!protocol_.empty()) {  // the tunnel that HTTP/1 asks for with Upgrade
    head.method = http::Method::kGet;
    head.method_name = "GET";
    head.upgrade = protocol_;
  }
  head.content_length = ends_stream ? 0 : content_length_;
  if (head.content_length == 0) head.expects_continue = false;  // nothing to wait with
  if (cookie_count_ > 1) JoinCookies();
  return {};
}

http::MessageFault HeadReader::FinishResponse() {
  const int status = response_->status;
  if (status < 100 || status > 599 || status == 101) Refuse(fault::kInvalidStatus);
  response_->content_length = content_length_;
  return fault_;
}

}  // namespace weir::http2
