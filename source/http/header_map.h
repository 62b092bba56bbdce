// The fields of one head, in order, duplicates kept, as views into the stream's arena.
//
// Names are lower case. Well-known names are interned: looking one up compares an integer. The map
// copies nothing by itself: Add takes views that live as long as the arena, AddCopy copies.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "absl/functional/function_ref.h"
#include "source/base/arena.h"

namespace weir::http {

// Well-known field names. kOther is every other one. Keep in step with header_names.cc.
enum class HeaderId : uint8_t {
  kOther,
  kAccept, kAcceptEncoding, kAuthorization, kCacheControl, kConnection, kContentEncoding,
  kContentLength, kContentType, kCookie, kDate, kExpect, kForwarded, kGrpcMessage, kGrpcStatus,
  kGrpcTimeout, kHost, kHttp2Settings, kKeepAlive, kLocation, kOrigin, kProxyAuthenticate,
  kProxyAuthorization, kProxyConnection, kReferer, kRetryAfter, kServer, kSetCookie, kTe, kTrailer,
  kTransferEncoding, kUpgrade, kUserAgent, kVia, kXEnvoyAttemptCount, kXEnvoyExpectedRqTimeoutMs,
  kXEnvoyExternalAddress, kXEnvoyInternal, kXEnvoyMaxRetries, kXEnvoyOriginalPath,
  kXEnvoyOverloaded, kXEnvoyRetryOn, kXEnvoyUpstreamRqPerTryTimeoutMs,
  kXEnvoyUpstreamRqTimeoutMs, kXEnvoyUpstreamServiceTime, kXForwardedClientCert, kXForwardedFor,
  kXForwardedHost, kXForwardedPort, kXForwardedProto, kXRequestId,
  kCount
};

// The id of a lower-case name; kOther when it is not well known.
HeaderId FindHeaderId(std::string_view lower_case_name);
std::string_view HeaderName(HeaderId id);  // id ≠ kOther

struct Header {
  std::string_view name;
  std::string_view value;
  HeaderId id = HeaderId::kOther;
};

class HeaderMap {
 public:
  explicit HeaderMap(base::Arena& arena) : arena_(&arena) {}
  HeaderMap(const HeaderMap&) = delete;
  HeaderMap& operator=(const HeaderMap&) = delete;

  void Add(std::string_view lower_case_name, std::string_view value);
  void Add(HeaderId id, std::string_view value);
  void Add(HeaderId id, std::string_view lower_case_name, std::string_view value);
  void AddCopy(std::string_view lower_case_name, std::string_view value);
  void AddCopy(HeaderId id, std::string_view value);
  // Replaces every field of that name by one with a copy of `value`.
  void Set(HeaderId id, std::string_view value);
  void Set(std::string_view lower_case_name, std::string_view value);
  // Returns how many fields were removed.
  size_t Remove(HeaderId id);
  size_t Remove(std::string_view lower_case_name);
  size_t RemoveIf(absl::FunctionRef<bool(const Header&)> unwanted);

  // The first field of that name; null when there is none.
  const Header* Find(HeaderId id) const;
  const Header* Find(std::string_view lower_case_name) const;
  // The first value, empty when absent.
  std::string_view Value(HeaderId id) const;
  std::string_view Value(std::string_view lower_case_name) const;
  bool Has(HeaderId id) const { return Find(id) != nullptr; }
  // All values joined by ", " (RFC 9110 §5.3) in the arena; the value itself when there is one.
  std::string_view Joined(std::string_view lower_case_name) const;

  size_t size() const { return fields_.size(); }
  bool empty() const { return fields_.empty(); }
  const Header* begin() const { return fields_.data(); }
  const Header* end() const { return fields_.data() + fields_.size(); }
  // Sum of name and value bytes plus 32 a field (RFC 9113 §6.5.2's measure).
  size_t charged_bytes() const;
  void Clear() { fields_.clear(); }
  base::Arena& arena() const { return *arena_; }

 private:
  base::Arena* arena_;
  absl::InlinedVector<Header, 16> fields_;
};

}  // namespace weir::http
