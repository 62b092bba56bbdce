// A head as nghttp2 takes it: name-value pairs that point to the head's own text. Fields that
// belong to a connection, and those that HTTP/2 says in another way, are left out; so is a value
// with a control byte, whatever a filter made of it. On the stack; nothing is allocated for heads
// of ordinary size.
#pragma once

#include <nghttp2/nghttp2.h>

#include <string_view>

#include "absl/container/inlined_vector.h"
#include "source/http/message.h"

namespace weir::http2 {

class FieldList {
 public:
  // `status_text` has room for three digits and outlives the list.
  FieldList(const http::ResponseHead& head, int status, bool ends_stream);
  // `scheme` stands in for the head's own.
  FieldList(const http::RequestHead& head, std::string_view scheme, bool ends_stream);
  explicit FieldList(const http::HeaderMap& trailers);

  const nghttp2_nv* data() const { return fields_.data(); }
  size_t size() const { return fields_.size(); }

 private:
  void Add(std::string_view name, std::string_view value, uint8_t flags = NGHTTP2_NV_FLAG_NONE);
  void AddMap(const http::HeaderMap& map, bool is_tunnel = false);
  void AddContentLength(int64_t length);

  char number_[24];
  char status_[3];
  absl::InlinedVector<nghttp2_nv, 40> fields_;
};

}  // namespace weir::http2
