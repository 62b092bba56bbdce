// The first line of an HTTP/1 request: exactly `method SP target SP HTTP/d.d` (RFC 9112 §3).
// Pure: looks, keeps sizes, copies nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "source/http/http1_options.h"
#include "source/http/message.h"
#include "source/http/message_fault.h"

namespace weir::http {

enum class TargetForm : uint8_t { kOrigin, kAbsolute, kAuthority, kAsterisk };

struct RequestLine {
  uint32_t method_size = 0;
  uint32_t target_size = 0;
  Method method = Method::kGet;
  TargetForm form = TargetForm::kOrigin;
  Version version = Version::kHttp11;

  size_t target_offset() const { return method_size + 1; }
};

// More than this around the target is no request line of ours: method, spaces, version, CRLF.
inline constexpr uint32_t kMaxMethodBytes = 32;
inline constexpr uint32_t kMaxRequestLineExtraBytes = 64;

// `line` is without its CRLF and has no control bytes but HTAB.
MessageFault ParseRequestLine(std::string_view line, const Http1ServerOptions& options,
                              RequestLine& parsed);

}  // namespace weir::http
