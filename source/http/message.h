// The heads of a request and of a response as every layer above the codecs sees them,
// whatever HTTP version carried them. Views point into the stream's arena.
#pragma once

#include <cstdint>
#include <string_view>

#include "source/http/header_map.h"

namespace weir::http {

enum class Version : uint8_t { kHttp10, kHttp11, kHttp2 };
std::string_view VersionName(Version version);  // "HTTP/1.1"

enum class Method : uint8_t {
  kGet,
  kHead,
  kPost,
  kPut,
  kDelete,
  kConnect,
  kOptions,
  kTrace,
  kPatch,
  kOther
};

struct RequestHead {
  explicit RequestHead(base::Arena& arena) : headers(arena) {}

  Method method = Method::kGet;
  std::string_view method_name;
  std::string_view path;       // origin form with the query; "*" for OPTIONS *; empty for CONNECT
  std::string_view authority;  // Host (or :authority), absolute-form already folded in
  std::string_view scheme;     // "http" or "https"
  Version version = Version::kHttp11;
  // Set for an upgrade (RFC 9110 §7.8) or extended CONNECT: the lower-case protocol.
  std::string_view upgrade;
  // No framing or hop-by-hop fields, and no Host: the codecs own these.
  HeaderMap headers;
  // Declared body length; -1 when unknown (chunked), 0 when there is none.
  int64_t content_length = 0;
  bool expects_continue = false;
};

struct ResponseHead {
  explicit ResponseHead(base::Arena& arena) : headers(arena) {}

  int status = 200;  // 100..599
  Version version = Version::kHttp11;
  HeaderMap headers;            // as above, without framing or hop-by-hop fields
  int64_t content_length = -1;  // -1: unknown, ends with the stream or chunked
  std::string_view upgrade;     // with 101 (or 200 to an extended CONNECT): the protocol
};

// RFC 9110 §15 reason phrase; "Unknown" for codes without one.
std::string_view ReasonPhrase(int status);
Method ParseMethod(std::string_view name);
bool IsSafe(Method method);        // RFC 9110 §9.2.1
bool IsIdempotent(Method method);  // RFC 9110 §9.2.2

}  // namespace weir::http
