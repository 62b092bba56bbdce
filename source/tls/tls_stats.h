// What one TLS context counts, under Envoy's names: PREFIX.ssl.handshake, ...
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "source/stats/stats.h"

namespace weir::tls {

// What is counted one by one; a connection with anything else is counted under none of these.
struct KnownCipher {
  uint16_t id;  // IANA's
  std::string_view metric;
};
inline constexpr KnownCipher kKnownCiphers[] = {{0x1301, "ciphers.TLS_AES_128_GCM_SHA256"},
                                                {0x1302, "ciphers.TLS_AES_256_GCM_SHA384"},
                                                {0x1303, "ciphers.TLS_CHACHA20_POLY1305_SHA256"},
                                                {0xc02b, "ciphers.ECDHE-ECDSA-AES128-GCM-SHA256"},
                                                {0xc02c, "ciphers.ECDHE-ECDSA-AES256-GCM-SHA384"},
                                                {0xcca9, "ciphers.ECDHE-ECDSA-CHACHA20-POLY1305"},
                                                {0xc02f, "ciphers.ECDHE-RSA-AES128-GCM-SHA256"},
                                                {0xc030, "ciphers.ECDHE-RSA-AES256-GCM-SHA384"},
                                                {0xcca8, "ciphers.ECDHE-RSA-CHACHA20-POLY1305"}};
struct KnownCurve {
  uint16_t id;  // IANA's
  std::string_view metric;
};
inline constexpr KnownCurve kKnownCurves[] = {
    {29, "curves.X25519"}, {23, "curves.P-256"}, {24, "curves.P-384"}, {25, "curves.P-521"}};
struct KnownSignature {
  uint16_t id;  // IANA's
  std::string_view metric;
};
// Of the peer's signatures.
inline constexpr KnownSignature kKnownSignatures[] = {
    {0x0403, "sigalgs.ecdsa_secp256r1_sha256"}, {0x0503, "sigalgs.ecdsa_secp384r1_sha384"},
    {0x0603, "sigalgs.ecdsa_secp521r1_sha512"}, {0x0804, "sigalgs.rsa_pss_rsae_sha256"},
    {0x0805, "sigalgs.rsa_pss_rsae_sha384"},    {0x0806, "sigalgs.rsa_pss_rsae_sha512"},
    {0x0401, "sigalgs.rsa_pkcs1_sha256"},       {0x0501, "sigalgs.rsa_pkcs1_sha384"},
    {0x0601, "sigalgs.rsa_pkcs1_sha512"},       {0x0807, "sigalgs.ed25519"}};

struct TlsStats {
  stats::Counter handshake;
  stats::Counter connection_error;
  stats::Counter session_reused;
  stats::Counter no_certificate;
  stats::Counter fail_verify_no_cert;
  stats::Counter fail_verify_error;
  stats::Counter fail_verify_san;
  stats::Counter fail_verify_cert_hash;
  stats::Counter ocsp_staple_requests;
  stats::Counter ocsp_staple_responses;
  stats::Counter ocsp_staple_omitted;
  stats::Counter ocsp_staple_failed;
  stats::Counter handshake_postponed;  // times one waited for a turn: see handshake_budget.h
  stats::Counter versions[2];          // 1.2, 1.3
  stats::Counter ciphers[std::size(kKnownCiphers)];
  stats::Counter curves[std::size(kKnownCurves)];
  stats::Counter sigalgs[std::size(kKnownSignatures)];

  static const stats::Metric kMetrics[13 + 2 + std::size(kKnownCiphers) + std::size(kKnownCurves) +
                                      std::size(kKnownSignatures)];
};

#define WEIR_TLS_CELL(array, index, name)                                                   \
  stats::Metric {                                                                           \
    name, stats::Kind::kCounter,                                                            \
        static_cast<uint16_t>(offsetof(TlsStats, array) + (index) * sizeof(stats::Counter)) \
  }
#define WEIR_TLS_CIPHER(index) WEIR_TLS_CELL(ciphers, index, kKnownCiphers[index].metric)
#define WEIR_TLS_CURVE(index) WEIR_TLS_CELL(curves, index, kKnownCurves[index].metric)
#define WEIR_TLS_SIGNATURE(index) WEIR_TLS_CELL(sigalgs, index, kKnownSignatures[index].metric)

inline constexpr stats::Metric TlsStats::kMetrics[] = {
    WEIR_METRIC(TlsStats, handshake),
    WEIR_METRIC(TlsStats, connection_error),
    WEIR_METRIC(TlsStats, session_reused),
    WEIR_METRIC(TlsStats, no_certificate),
    WEIR_METRIC(TlsStats, fail_verify_no_cert),
    WEIR_METRIC(TlsStats, fail_verify_error),
    WEIR_METRIC(TlsStats, fail_verify_san),
    WEIR_METRIC(TlsStats, fail_verify_cert_hash),
    WEIR_METRIC(TlsStats, ocsp_staple_requests),
    WEIR_METRIC(TlsStats, ocsp_staple_responses),
    WEIR_METRIC(TlsStats, ocsp_staple_omitted),
    WEIR_METRIC(TlsStats, ocsp_staple_failed),
    WEIR_METRIC(TlsStats, handshake_postponed),
    WEIR_TLS_CELL(versions, 0, "versions.TLSv1.2"),
    WEIR_TLS_CELL(versions, 1, "versions.TLSv1.3"),
    WEIR_TLS_CIPHER(0),
    WEIR_TLS_CIPHER(1),
    WEIR_TLS_CIPHER(2),
    WEIR_TLS_CIPHER(3),
    WEIR_TLS_CIPHER(4),
    WEIR_TLS_CIPHER(5),
    WEIR_TLS_CIPHER(6),
    WEIR_TLS_CIPHER(7),
    WEIR_TLS_CIPHER(8),
    WEIR_TLS_CURVE(0),
    WEIR_TLS_CURVE(1),
    WEIR_TLS_CURVE(2),
    WEIR_TLS_CURVE(3),
    WEIR_TLS_SIGNATURE(0),
    WEIR_TLS_SIGNATURE(1),
    WEIR_TLS_SIGNATURE(2),
    WEIR_TLS_SIGNATURE(3),
    WEIR_TLS_SIGNATURE(4),
    WEIR_TLS_SIGNATURE(5),
    WEIR_TLS_SIGNATURE(6),
    WEIR_TLS_SIGNATURE(7),
    WEIR_TLS_SIGNATURE(8),
    WEIR_TLS_SIGNATURE(9)};

#undef WEIR_TLS_SIGNATURE
#undef WEIR_TLS_CURVE
#undef WEIR_TLS_CIPHER
#undef WEIR_TLS_CELL

}  // namespace weir::tls
