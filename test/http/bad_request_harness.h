// Judges the bytes of a client as the whole HTTP/1 path would: what the server codec accepts is
// written again as an upstream would get it. For the catalogue of bad inputs.
#pragma once

#include <string>
#include <string_view>

#include "source/http/http1_options.h"

namespace weir::http {

struct RequestVerdict {
  // Each request that was accepted whole, "POST /p [body]", then what became of the connection:
  // "400c" (reply and close), "open", "closed", "more" (waits for the rest of something).
  std::string summary;
  // What was written upstream for all requests, unfinished ones included.
  std::string forwarded;
  // Why, when a request was refused.
  std::string detail;
};

// With the bytes in pieces of `step`. Upgrades and CONNECT are refused with 403.
RequestVerdict JudgeRequests(std::string_view bytes, size_t step,
                             const Http1ServerOptions& options = {});
// The verdict, which must be the same for many ways to split the bytes.
RequestVerdict JudgeRequests(std::string_view bytes, const Http1ServerOptions& options = {});

}  // namespace weir::http
