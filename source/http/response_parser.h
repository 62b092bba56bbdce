// Reads the head of an HTTP/1 response, as strictly as RequestParser reads a request's, and decides
// how long its body is for the request it answers.
//
// While the head is incomplete nothing is copied: the caller keeps the bytes and shows them again
// with more behind. One parser a connection; not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "source/base/arena.h"
#include "source/http/codec.h"
#include "source/http/framing.h"
#include "source/http/head_scanner.h"
#include "source/http/message.h"

namespace weir::http {

// `HTTP/1.0` or `HTTP/1.1`, SP, three digits from 100 to 599, then SP and any reason, or nothing.
MessageFault ParseStatusLine(std::string_view line, Version& version, int& status);

struct ParsedResponse {
  ResponseHead* head = nullptr;  // in the arena; `upgrade` is set for a well-formed 101 only
  BodyFraming framing;
  bool keep_alive = true;
  MessageFault fault;
};

class ResponseParser {
 public:
  enum class Result : uint8_t { kMore, kHead, kFault };

  // `limits` outlives the parser.
  explicit ResponseParser(const CodecLimits& limits) : limits_(limits) {}

  // `consumed`: the head, with kHead. After kHead the parser is ready for the next response; after
  // kFault it must not be used again.
  Result Parse(std::string_view bytes, Method request_method, base::Arena& arena,
               ParsedResponse& response, size_t& consumed);
  // Bytes of the next head were seen.
  bool has_begun() const { return scanner_.has_begun(); }

 private:
  MessageFault BuildHead(std::string_view bytes, Method request_method, base::Arena& arena,
                         ParsedResponse& response) const;

  const CodecLimits& limits_;
  HeadScanner scanner_;
  Version version_ = Version::kHttp11;
  int status_ = 0;
};

}  // namespace weir::http
