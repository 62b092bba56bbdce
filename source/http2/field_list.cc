#include "source/http2/field_list.h"

#include <charconv>

#include "source/http/field_syntax.h"
#include "source/http/hop_by_hop.h"
#include "source/http/websocket.h"

namespace weir::http2 {
namespace {

using http::HeaderId;

uint8_t* Bytes(std::string_view text) {
  return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
}

}  // namespace

// What differs from message to message: in the peer's table it would only push out what does not,
// and on a connection that lives long the table of ours, an allocation an entry, would hold nothing
// else.
constexpr uint64_t kPassingFields =
    http::HeaderBit(HeaderId::kDate) | http::HeaderBit(HeaderId::kTraceparent) |
    http::HeaderBit(HeaderId::kXEnvoyUpstreamServiceTime) | http::HeaderBit(HeaderId::kXRequestId);

void FieldList::Add(std::string_view name, std::string_view value, uint8_t flags) {
  fields_.push_back({Bytes(name), Bytes(value), name.size(), value.size(), flags});
}

void FieldList::AddMap(const http::HeaderMap& map, bool is_tunnel) {
  for (const http::Header& field : map) {
    if (http::Contains(http::kCodecFields, field.id)) continue;
    // HTTP/1's alone: who sent it is answered on this side (http/websocket.h).
    if (is_tunnel && field.name == http::kWebSocketKey) continue;
    if (field.id == HeaderId::kTe) {
      if (http::AcceptsTrailers(field.value)) Add("te", "trailers");
      continue;
    }
    const char* const end = field.value.data() + field.value.size();
    if (http::FindControl(field.value.data(), end) != end) continue;
    const bool passes = http::Contains(kPassingFields, field.id);
    Add(field.name, http::TrimOws(field.value),
        passes ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE);
  }
}

void FieldList::AddContentLength(int64_t length) {
  const auto [end, error] = std::to_chars(number_, number_ + sizeof(number_), length);
  Add("content-length", {number_, static_cast<size_t>(end - number_)});
}

FieldList::FieldList(const http::ResponseHead& head, int status, bool ends_stream) {
  status_[0] = static_cast<char>('0' + status / 100 % 10);
  status_[1] = static_cast<char>('0' + status / 10 % 10);
  status_[2] = static_cast<char>('0' + status % 10);
  Add(":status", {status_, 3});
  const bool has_length = status >= 200 && status != 204 && head.content_length >= 0;
  // Without a body a length of 0 says nothing; with one it was promised.
  if (has_length && !(ends_stream && head.content_length == 0 && status == 304)) {
    AddContentLength(head.content_length);
  }
  AddMap(head.headers);
}

FieldList::FieldList(const http::RequestHead& head, std::string_view scheme, bool ends_stream) {
  const bool is_tunnel = !head.upgrade.empty();
  Add(":method", is_tunnel ? std::string_view("CONNECT") : head.method_name);
  if (is_tunnel) Add(":protocol", head.upgrade);
  if (is_tunnel || head.method != http::Method::kConnect) {
    Add(":scheme", scheme);
    Add(":path", head.path);
  }
  Add(":authority", head.authority);
  const bool has_length = !is_tunnel && head.content_length >= 0;
  if (has_length && !(ends_stream && head.content_length == 0)) {
    AddContentLength(head.content_length);
  }
  if (head.expects_continue) Add("expect", "100-continue");
  AddMap(head.headers, is_tunnel);
}

FieldList::FieldList(const http::HeaderMap& trailers) {
  for (const http::Header& field : trailers) {
    const char* const end = field.value.data() + field.value.size();
    const bool is_sound = http::FindControl(field.value.data(), end) == end;
    if (is_sound && !http::IsForbiddenTrailer(field.name)) {
      Add(field.name, http::TrimOws(field.value));
    }
  }
}

}  // namespace weir::http2
