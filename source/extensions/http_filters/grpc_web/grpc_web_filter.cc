#include "source/extensions/http_filters/grpc_web/grpc_web_filter.h"

#include <string_view>
#include <utility>

#include "source/http/grpc.h"

namespace weir::extensions::grpc_web {

namespace {

using filter::FilterStatus;
using http::HeaderId;

constexpr std::string_view kBinaryType = "application/grpc-web";
constexpr std::string_view kTextType = "application/grpc-web-text";
constexpr char kTrailerFlag = '\x80';

// `type` alone, or with a suffix or a parameter.
bool IsOfType(std::string_view content_type, std::string_view type) {
  if (!content_type.starts_with(type)) return false;
  const std::string_view rest = content_type.substr(type.size());
  return rest.empty() || rest[0] == '+' || rest[0] == ';';
}

}  // namespace

GrpcWebFilter::Form GrpcWebFilter::FormOf(std::string_view content_type) {
  if (IsOfType(content_type, kTextType)) return Form::kText;
  return IsOfType(content_type, kBinaryType) ? Form::kBinary : Form::kNone;
}

FilterStatus GrpcWebFilter::OnRequestHead(http::RequestHead& head, bool ends_stream) {
  http::HeaderMap& headers = head.headers;
  request_ = FormOf(headers.Value(HeaderId::kContentType));
  if (request_ == Form::kNone) return FilterStatus::kContinue;
  headers.Set(HeaderId::kContentType, "application/grpc");
  headers.Set("grpc-accept-encoding", "identity,deflate,gzip");
  headers.Set(HeaderId::kTe, "trailers");
  if (!ends_stream && request_ == Form::kText) head.content_length = -1;
  return FilterStatus::kContinue;
}

FilterStatus GrpcWebFilter::Refuse() {
  stream().ReplyLocally(400, "the body is no base64", "grpc_web_invalid_base64");
  return FilterStatus::kPause;
}

FilterStatus GrpcWebFilter::OnRequestBody(base::Buffer& body, bool ends_stream) {
  if (request_ != Form::kText) return FilterStatus::kContinue;
  base::Buffer text = std::move(body);
  if (!decoder_.Decode(text, body)) return Refuse();
  if (ends_stream && !decoder_.is_complete()) return Refuse();
  return FilterStatus::kContinue;
}

FilterStatus GrpcWebFilter::OnRequestTrailers(http::HeaderMap&) {
  return request_ == Form::kText && !decoder_.is_complete() ? Refuse() : FilterStatus::kContinue;
}

FilterStatus GrpcWebFilter::OnResponseHead(http::ResponseHead& head, bool ends_stream) {
  if (request_ == Form::kNone || !http::IsGrpc(head)) return FilterStatus::kContinue;
  response_ = request_;
  head.headers.Set(HeaderId::kContentType, response_ == Form::kText
                                               ? "application/grpc-web-text+proto"
                                               : "application/grpc-web+proto");
  if (!ends_stream) head.content_length = -1;
  return FilterStatus::kContinue;
}

// Each piece is padded: what waited for its group to fill would be late.
FilterStatus GrpcWebFilter::OnResponseBody(base::Buffer& body, bool) {
  if (response_ != Form::kText) return FilterStatus::kContinue;
  base::Buffer bytes = std::move(body);
  EncodeBase64(bytes, body);
  return FilterStatus::kContinue;
}

FilterStatus GrpcWebFilter::OnResponseTrailers(http::HeaderMap& trailers) {
  if (response_ == Form::kNone) return FilterStatus::kContinue;
  stream().info().grpc_status = http::FindGrpcStatus(trailers);  // nobody finds it there later
  base::Buffer frame;
  WriteTrailerFrame(trailers, frame);
  trailers.Clear();
  base::Buffer& body = stream().held_response_body();
  if (response_ == Form::kText) {
    EncodeBase64(frame, body);
  } else {
    body.Move(frame);
  }
  return FilterStatus::kContinue;
}

// Flag, length, and the fields as HTTP/1 would write them.
void GrpcWebFilter::WriteTrailerFrame(const http::HeaderMap& trailers, base::Buffer& out) {
  size_t size = 0;
  for (const http::Header& field : trailers) size += field.name.size() + field.value.size() + 3;
  const char head[5] = {kTrailerFlag, static_cast<char>(size >> 24), static_cast<char>(size >> 16),
                        static_cast<char>(size >> 8), static_cast<char>(size)};
  out.Append({head, sizeof head});
  for (const http::Header& field : trailers) {
    out.Append(field.name);
    out.Append(":");
    out.Append(field.value);
    out.Append("\r\n");
  }
}

}  // namespace weir::extensions::grpc_web
