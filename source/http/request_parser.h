// Reads the head of an HTTP/1 request, strictly: what is not plainly one request is refused.
//
// While the head is incomplete nothing is copied: the caller keeps the bytes and shows them again
// with more behind. The complete head is copied once, into the arena, and parsed in place to views.
// The first line is judged as soon as it is there. Verdicts do not depend on how bytes were split.
// One parser a connection, used for one request after the other; not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "source/base/arena.h"
#include "source/http/framing.h"
#include "source/http/head_scanner.h"
#include "source/http/http1_options.h"
#include "source/http/message.h"
#include "source/http/request_line.h"

namespace weir::http {

struct ParsedRequest {
  RequestHead* head = nullptr;  // in the arena
  BodyFraming framing;
  bool keep_alive = true;
  MessageFault fault;
};

class RequestParser {
 public:
  enum class Result : uint8_t { kMore, kHead, kFault };

  explicit RequestParser(const Http1ServerOptions& options) : options_(options) {}

  // `consumed`: empty lines before the request and, with kHead, the head itself. After kHead the
  // parser is ready for the next request; after kFault it must not be used again.
  Result Parse(std::string_view bytes, base::Arena& arena, ParsedRequest& request,
               size_t& consumed);
  // Bytes of the next head were seen.
  bool has_begun() const { return scanner_.has_begun(); }

 private:
  MessageFault SkipEmptyLines(std::string_view bytes, size_t& consumed);
  MessageFault BuildHead(std::string_view bytes, base::Arena& arena, ParsedRequest& request) const;

  const Http1ServerOptions& options_;
  HeadScanner scanner_;
  RequestLine line_;
  uint8_t empty_lines_ = 0;
};

}  // namespace weir::http
