// Which fields belong to one connection only and never travel on, and which nobody may take away
// or imitate (RFC 9110 §7.6.1): the judgement of Connection, of its nominations, of names that
// spell a protected one with underscores, and of trailer names.
//
// Pure functions but for HopOptions, which collects one head's Connection fields.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "source/http/header_map.h"

namespace weir::http {

inline constexpr uint64_t kHopByHopFields =
    HeaderBit(HeaderId::kConnection) | HeaderBit(HeaderId::kKeepAlive) |
    HeaderBit(HeaderId::kProxyConnection) | HeaderBit(HeaderId::kTe) |
    HeaderBit(HeaderId::kTrailer) | HeaderBit(HeaderId::kTransferEncoding) |
    HeaderBit(HeaderId::kUpgrade) | HeaderBit(HeaderId::kHttp2Settings);

// Fields that a codec writes by itself, from the head's members. A `te` in a map is not among
// them: it can only say `trailers`.
inline constexpr uint64_t kCodecFields = (kHopByHopFields & ~HeaderBit(HeaderId::kTe)) |
                                         HeaderBit(HeaderId::kContentLength) |
                                         HeaderBit(HeaderId::kHost) | HeaderBit(HeaderId::kExpect);

constexpr bool Contains(uint64_t set, HeaderId id) { return (set >> static_cast<int>(id)) & 1; }

// Says how a message is framed, for whom it is or from whom: a client that could have it removed,
// or add a second spelling, would change what the next hop believes.
bool IsProtectedRequestField(std::string_view lower_case_name);
// Fields of a response that a nomination must not remove: framing, cookies and security policy.
bool IsProtectedResponseField(std::string_view lower_case_name);
// With each '_' read as '-' the name is a protected or hop-by-hop one.
bool IsUnderscoreAlias(std::string_view lower_case_name);
// Framing, routing, authentication, content and hop-by-hop fields are never read from trailers
// (RFC 9110 §6.5.1).
bool IsForbiddenTrailer(std::string_view lower_case_name);

// What the Connection fields of one head say.
struct HopOptions {
  static constexpr size_t kMaxNominated = 16;

  bool close = false;
  bool keep_alive = false;
  bool upgrade = false;
  uint32_t nominated_count = 0;
  std::array<std::string_view, kMaxNominated> nominated;  // lower case, neither known nor protected
};

enum class Nomination : uint8_t { kRequest, kResponse };

// Reads one Connection value, which it lower-cases in place. False when it nominates too many
// fields or, in a request, something that is no name or is protected.
bool AddConnectionOptions(char* value, size_t size, Nomination nomination, HopOptions& options);
// Removes what was nominated.
void RemoveNominated(const HopOptions& options, HeaderMap& headers);

// Whether a TE value has `trailers` among its elements.
bool AcceptsTrailers(std::string_view te);

}  // namespace weir::http
