#include "source/http/hop_by_hop.h"

#include "source/http/field_syntax.h"

namespace weir::http {
namespace {

constexpr uint64_t kProtectedInRequests =
    HeaderBit(HeaderId::kHost) | HeaderBit(HeaderId::kContentLength) |
    HeaderBit(HeaderId::kTransferEncoding) | HeaderBit(HeaderId::kContentType) |
    HeaderBit(HeaderId::kContentEncoding) | HeaderBit(HeaderId::kExpect) |
    HeaderBit(HeaderId::kAuthorization) | HeaderBit(HeaderId::kProxyAuthorization) |
    HeaderBit(HeaderId::kCookie) | HeaderBit(HeaderId::kForwarded) | HeaderBit(HeaderId::kVia) |
    HeaderBit(HeaderId::kXRequestId) | HeaderBit(HeaderId::kOrigin);

constexpr uint64_t kProtectedInResponses =
    HeaderBit(HeaderId::kContentLength) | HeaderBit(HeaderId::kTransferEncoding) |
    HeaderBit(HeaderId::kContentType) | HeaderBit(HeaderId::kContentEncoding) |
    HeaderBit(HeaderId::kCacheControl) | HeaderBit(HeaderId::kDate) |
    HeaderBit(HeaderId::kLocation) | HeaderBit(HeaderId::kServer) |
    HeaderBit(HeaderId::kSetCookie) | HeaderBit(HeaderId::kVia) | HeaderBit(HeaderId::kGrpcStatus) |
    HeaderBit(HeaderId::kGrpcMessage);

constexpr uint64_t kForbiddenInTrailers =
    kProtectedInRequests | kHopByHopFields | HeaderBit(HeaderId::kCacheControl) |
    HeaderBit(HeaderId::kDate) | HeaderBit(HeaderId::kLocation) | HeaderBit(HeaderId::kSetCookie) |
    HeaderBit(HeaderId::kRetryAfter) | HeaderBit(HeaderId::kProxyAuthenticate);

bool HasIdentityPrefix(std::string_view name) {
  return name.starts_with("x-forwarded-") || name.starts_with("x-envoy-") || name == "x-real-ip";
}

bool IsSecurityPolicy(std::string_view name) {
  return name == "strict-transport-security" || name == "www-authenticate" || name == "vary" ||
         name.starts_with("content-security-policy") || name == "x-frame-options" ||
         name == "x-content-type-options" || name.starts_with("access-control-") ||
         name.starts_with("cross-origin-");
}

}  // namespace

bool IsProtectedRequestField(std::string_view lower_case_name) {
  return Contains(kProtectedInRequests, FindHeaderId(lower_case_name)) ||
         HasIdentityPrefix(lower_case_name);
}

bool IsProtectedResponseField(std::string_view lower_case_name) {
  return Contains(kProtectedInResponses, FindHeaderId(lower_case_name)) ||
         IsSecurityPolicy(lower_case_name);
}

bool IsUnderscoreAlias(std::string_view lower_case_name) {
  // Longer than any name that is compared whole; for prefixes the beginning is enough.
  char alias[64];
  const size_t size = lower_case_name.copy(alias, sizeof(alias));
  for (size_t i = 0; i < size; ++i) {
    if (alias[i] == '_') alias[i] = '-';
  }
  const std::string_view name(alias, size);
  return IsProtectedRequestField(name) || Contains(kHopByHopFields, FindHeaderId(name));
}

bool IsForbiddenTrailer(std::string_view lower_case_name) {
  return Contains(kForbiddenInTrailers, FindHeaderId(lower_case_name)) ||
         HasIdentityPrefix(lower_case_name) || IsSecurityPolicy(lower_case_name) ||
         lower_case_name.starts_with("content-") || lower_case_name.starts_with("if-") ||
         lower_case_name == "range" || lower_case_name == "max-forwards" ||
         lower_case_name == "age" || lower_case_name == "expires" || lower_case_name == "pragma";
}

bool AddConnectionOptions(char* value, size_t size, Nomination nomination, HopOptions& options) {
  for (size_t i = 0; i < size; ++i) value[i] = ToLower(value[i]);
  const bool is_request = nomination == Nomination::kRequest;
  std::string_view list(value, size);
  std::string_view option;
  while (NextListElement(list, option)) {
    if (option.empty()) continue;
    if (option == "close") {
      options.close = true;
    } else if (option == "keep-alive") {
      options.keep_alive = true;
    } else if (option == "upgrade") {
      options.upgrade = true;
    } else if (!IsToken(option)) {
      if (is_request) return false;
    } else if (is_request ? IsProtectedRequestField(option) : IsProtectedResponseField(option)) {
      if (is_request) return false;
    } else if (!Contains(kHopByHopFields, FindHeaderId(option))) {
      if (options.nominated_count == HopOptions::kMaxNominated) return false;
      options.nominated[options.nominated_count++] = option;
    }
  }
  return true;
}

void RemoveNominated(const HopOptions& options, HeaderMap& headers) {
  for (uint32_t i = 0; i < options.nominated_count; ++i) headers.Remove(options.nominated[i]);
}

bool AcceptsTrailers(std::string_view te) {
  std::string_view coding;
  while (NextListElement(te, coding)) {
    if (EqualsIgnoreCase(coding, "trailers")) return true;
  }
  return false;
}

}  // namespace weir::http
