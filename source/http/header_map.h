// The fields of one head, in order, duplicates kept, as views into the stream's arena.
//
// Names are lower case. Well-known names are interned: looking one up compares an integer. The map
// copies nothing by itself: Add takes views that live as long as the arena, AddCopy copies. The
// table of fields lives in the arena too, so a map allocates nothing of its own and needs no
// destruction. Clear() forgets that table and must be called when the arena is reset.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>
#include <utility>

#include "source/base/arena.h"

namespace weir::http {

// Well-known field names. kOther is every other one. Keep in step with header_names.cc.
enum class HeaderId : uint8_t {
  kOther,
  kAccept,
  kAcceptEncoding,
  kAcceptLanguage,
  kAuthorization,
  kCacheControl,
  kConnection,
  kContentEncoding,
  kContentLength,
  kContentType,
  kCookie,
  kDate,
  kEtag,
  kExpect,
  kForwarded,
  kGrpcMessage,
  kGrpcStatus,
  kGrpcTimeout,
  kHost,
  kHttp2Settings,
  kKeepAlive,
  kLastModified,
  kLocation,
  kOrigin,
  kProxyAuthenticate,
  kProxyAuthorization,
  kProxyConnection,
  kReferer,
  kRetryAfter,
  kServer,
  kSetCookie,
  kTe,
  kTraceparent,
  kTrailer,
  kTransferEncoding,
  kUpgrade,
  kUserAgent,
  kVary,
  kVia,
  kXEnvoyAttemptCount,
  kXEnvoyExpectedRqTimeoutMs,
  kXEnvoyExternalAddress,
  kXEnvoyInternal,
  kXEnvoyMaxRetries,
  kXEnvoyOriginalPath,
  kXEnvoyOverloaded,
  kXEnvoyRetryOn,
  kXEnvoyUpstreamRqPerTryTimeoutMs,
  kXEnvoyUpstreamRqTimeoutMs,
  kXEnvoyUpstreamServiceTime,
  kXForwardedClientCert,
  kXForwardedFor,
  kXForwardedHost,
  kXForwardedPort,
  kXForwardedProto,
  kXRequestId,
  kCount
};

// The id of a lower-case name; kOther when it is not well known.
HeaderId FindHeaderId(std::string_view lower_case_name);
// The same for a name in any case, as a peer sent it; a well-known one is replaced by our own
// lower-case text. kNameReadahead bytes behind the name are readable.
HeaderId FindHeaderIdIgnoringCase(std::string_view& name);
inline constexpr size_t kNameReadahead = 7;
// id ≠ kOther. kMaxNameBytes can be read from its data(), whatever its size: a copy need not
// branch.
inline constexpr size_t kMaxNameBytes = 40;
extern const std::array<std::string_view, static_cast<size_t>(HeaderId::kCount)> kHeaderNames;
inline std::string_view HeaderName(HeaderId id) { return kHeaderNames[static_cast<size_t>(id)]; }

static_assert(static_cast<int>(HeaderId::kCount) <= 64, "a set of ids is a 64-bit mask");

// A set of well-known names: masks of these bits.
constexpr uint64_t HeaderBit(HeaderId id) { return uint64_t{1} << static_cast<int>(id); }

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

  // Makes room for as many fields in all; Add makes more when that is not enough.
  void Reserve(uint32_t fields);
  void Add(std::string_view lower_case_name, std::string_view value);
  void Add(HeaderId id, std::string_view value) { Add(id, HeaderName(id), value); }
  void Add(HeaderId id, std::string_view lower_case_name, std::string_view value) {
    if (size_ == capacity_) Resize(capacity_ == 0 ? kFirstCapacity : capacity_ * 2);
    new (&fields_[size_++]) Header{lower_case_name, value, id};
    present_ |= HeaderBit(id);
  }
  void AddCopy(std::string_view lower_case_name, std::string_view value);
  void AddCopy(HeaderId id, std::string_view value);
  // Replaces every field of that name by one with a copy of `value`, where the first one was.
  void Set(HeaderId id, std::string_view value);
  void Set(std::string_view lower_case_name, std::string_view value);
  // Returns how many fields were removed.
  size_t Remove(HeaderId id) { return Has(id) ? RemovePresent(id) : 0; }
  size_t Remove(std::string_view lower_case_name);
  template <class Unwanted>  // bool(const Header&)
  size_t RemoveIf(Unwanted unwanted);

  // The first field of that name; null when there is none.
  const Header* Find(HeaderId id) const;
  const Header* Find(std::string_view lower_case_name) const;
  // The first value, empty when absent.
  std::string_view Value(HeaderId id) const;
  std::string_view Value(std::string_view lower_case_name) const;
  bool Has(HeaderId id) const { return (present_ & HeaderBit(id)) != 0; }
  // All values joined by ", " (RFC 9110 §5.3) in the arena; the value itself when there is one.
  std::string_view Joined(std::string_view lower_case_name) const;
  std::string_view Joined(HeaderId id) const {
    return Has(id) ? Joined(HeaderName(id)) : std::string_view();
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const Header* begin() const { return fields_; }
  const Header* end() const { return fields_ + size_; }
  // Sum of name and value bytes plus 32 a field (RFC 9113 §6.5.2's measure).
  size_t charged_bytes() const;
  void Clear();
  base::Arena& arena() const { return *arena_; }

 private:
  // Enough for almost every head; a larger one doubles.
  static constexpr uint32_t kFirstCapacity = 16;

  void Resize(uint32_t capacity);
  size_t RemovePresent(HeaderId id);
  // Gives the first field that is named so this value and removes the others; false: there is none.
  template <class IsNamed>
  bool Replace(IsNamed is_named, std::string_view value);

  base::Arena* arena_;
  Header* fields_ = nullptr;
  uint32_t size_ = 0;
  uint32_t capacity_ = 0;
  uint64_t present_ = 0;  // HeaderBit of every well-known name in the map
};

template <class Unwanted>
size_t HeaderMap::RemoveIf(Unwanted unwanted) {
  uint32_t kept = 0;
  uint64_t present = 0;
  for (uint32_t i = 0; i < size_; ++i) {
    if (unwanted(std::as_const(fields_[i]))) continue;
    present |= HeaderBit(fields_[i].id);
    if (kept != i) fields_[kept] = fields_[i];
    ++kept;
  }
  const size_t removed = size_ - kept;
  size_ = kept;
  present_ = present;
  return removed;
}

}  // namespace weir::http
