// An OCSP response (RFC 6960 §4.2.1) that is stapled to a certificate: whose it is, what it says
// and how long it holds. Its signature is the client's business. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace weir::tls {

struct OcspStaple {
  std::string der;
  int64_t this_update_s = 0;
  int64_t next_update_s = 0;  // 0: it says nothing of an end

  bool IsCurrent(int64_t now_s) const {
    return now_s >= this_update_s && (next_update_s == 0 || now_s < next_update_s);
  }
};

// An error unless it is one successful answer, "good", about the certificate with this serial
// number (lower-case hexadecimal).
absl::StatusOr<OcspStaple> ParseOcspStaple(std::string der, std::string_view serial);

}  // namespace weir::tls
