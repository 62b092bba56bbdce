// gRPC-Web, which browsers can speak, to gRPC and back: a client that cannot read trailers gets
// them as a last frame of the body (flag 0x80), and one that cannot send bytes sends and gets
// base64.
//
//   application/grpc-web[+x]       ─► application/grpc    the body as it is
//   application/grpc-web-text[+x]  ─► application/grpc    the body decoded
//
// The response is text when the request was. Requests of any other type pass untouched. Worker's
// thread.
#pragma once

#include <cstdint>

#include "source/extensions/http_filters/grpc_web/base64_stream.h"
#include "source/filter/http_filter.h"

namespace weir::extensions::grpc_web {

struct GrpcWebSettings {};

class GrpcWebFilter final : public filter::HttpFilter {
 public:
  explicit GrpcWebFilter(const GrpcWebSettings&) {}

  filter::FilterStatus OnRequestHead(http::RequestHead& head, bool ends_stream) override;
  filter::FilterStatus OnRequestBody(base::Buffer& body, bool ends_stream) override;
  filter::FilterStatus OnRequestTrailers(http::HeaderMap& trailers) override;
  filter::FilterStatus OnResponseHead(http::ResponseHead& head, bool ends_stream) override;
  filter::FilterStatus OnResponseBody(base::Buffer& body, bool ends_stream) override;
  filter::FilterStatus OnResponseTrailers(http::HeaderMap& trailers) override;

 private:
  enum class Form : uint8_t { kNone, kBinary, kText };

  static Form FormOf(std::string_view content_type);
  filter::FilterStatus Refuse();
  void WriteTrailerFrame(const http::HeaderMap& trailers, base::Buffer& out);

  Form request_ = Form::kNone;
  Form response_ = Form::kNone;  // none until there is one of gRPC's
  Base64Decoder decoder_;
};

}  // namespace weir::extensions::grpc_web
