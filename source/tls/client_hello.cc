#include "source/tls/client_hello.h"

#include <algorithm>

#include "source/tls/name_matcher.h"

namespace weir::tls {
namespace {

constexpr uint16_t kServerName = 0, kStatusRequest = 5, kSupportedGroups = 10,
                   kSignatureAlgorithms = 13, kSupportedVersions = 43;
constexpr uint16_t kTls13 = 0x0304;
constexpr uint16_t kEcdsaP256 = 0x0403, kEcdsaP384 = 0x0503, kEcdsaP521 = 0x0603;
constexpr uint16_t kGroupP256 = 23, kGroupP384 = 24, kGroupP521 = 25;
constexpr size_t kMaxNameBytes = 255;

// Suites of TLS 1.2 that authenticate by ECDSA, of those we may offer.
constexpr uint16_t kEcdsaSuites[] = {0xc02b, 0xc02c, 0xcca9, 0xc009, 0xc00a, 0xc023, 0xc024};

uint16_t Number(std::string_view bytes) {
  return static_cast<uint16_t>(static_cast<uint8_t>(bytes[0]) << 8 |
                               static_cast<uint8_t>(bytes[1]));
}

// Whether one of the 16-bit numbers in `list` passes.
template <class Test>
bool AnyNumber(std::string_view list, Test test) {
  for (; list.size() >= 2; list.remove_prefix(2)) {
    if (test(Number(list))) return true;
  }
  return false;
}

// The inside of a vector with a length of `length_bytes`; empty when it does not fill `bytes`.
std::string_view Vector(const std::optional<std::string_view>& bytes, size_t length_bytes) {
  if (!bytes || bytes->size() < length_bytes) return {};
  const size_t size = length_bytes == 1 ? static_cast<uint8_t>((*bytes)[0]) : Number(*bytes);
  const std::string_view content = bytes->substr(length_bytes);
  return content.size() == size ? content : std::string_view();
}

bool Has(std::string_view list, uint16_t wanted) {
  return AnyNumber(list, [wanted](uint16_t number) { return number == wanted; });
}

// RFC 6066 §3: a list of one host name.
std::string ServerName(const std::optional<std::string_view>& extension) {
  std::string_view entry = Vector(extension, 2);
  if (entry.size() < 3 || entry[0] != 0) return "";
  const size_t size = Number(entry.substr(1));
  entry.remove_prefix(3);
  if (entry.size() != size || size > kMaxNameBytes) return "";
  if (entry.find('\0') != std::string_view::npos) return "";
  std::string name = ToLower(entry);
  if (!name.empty() && name.back() == '.') name.pop_back();
  return name;
}

}  // namespace

#ifdef OPENSSL_IS_BORINGSSL

HelloParts PartsOf(LibraryHello hello) {
  const auto extension = [hello](uint16_t type) -> std::optional<std::string_view> {
    const uint8_t* bytes = nullptr;
    size_t size = 0;
    if (SSL_early_callback_ctx_extension_get(hello, type, &bytes, &size) != 1) return std::nullopt;
    return std::string_view(reinterpret_cast<const char*>(bytes), size);
  };
  return {.server_name = extension(kServerName),
          .signature_algorithms = extension(kSignatureAlgorithms),
          .supported_groups = extension(kSupportedGroups),
          .supported_versions = extension(kSupportedVersions),
          .status_request = extension(kStatusRequest),
          .cipher_suites = {reinterpret_cast<const char*>(hello->cipher_suites),
                            hello->cipher_suites_len}};
}

#else

HelloParts PartsOf(LibraryHello hello) {
  const auto extension = [hello](unsigned type) -> std::optional<std::string_view> {
    const uint8_t* bytes = nullptr;
    size_t size = 0;
    if (SSL_client_hello_get0_ext(hello, type, &bytes, &size) != 1) return std::nullopt;
    return std::string_view(reinterpret_cast<const char*>(bytes), size);
  };
  const uint8_t* ciphers = nullptr;
  const size_t size = SSL_client_hello_get0_ciphers(hello, &ciphers);
  return {.server_name = extension(kServerName),
          .signature_algorithms = extension(kSignatureAlgorithms),
          .supported_groups = extension(kSupportedGroups),
          .supported_versions = extension(kSupportedVersions),
          .status_request = extension(kStatusRequest),
          .cipher_suites = {reinterpret_cast<const char*>(ciphers), size}};
}

#endif

bool ClientOffer::Takes(KeyType type) const {
  switch (type) {
    case KeyType::kRsa:
      return takes_rsa;
    case KeyType::kP256:
      return takes_p256;
    case KeyType::kP384:
      return takes_p384;
    case KeyType::kP521:
      return takes_p521;
  }
  return false;
}

ClientOffer ParseOffer(const HelloParts& parts, bool allows_tls13) {
  ClientOffer offer;
  offer.server_name = ServerName(parts.server_name);
  // CertificateStatusType ocsp(1)
  offer.takes_ocsp =
      parts.status_request && !parts.status_request->empty() && (*parts.status_request)[0] == 1;
  const std::string_view algorithms = Vector(parts.signature_algorithms, 2);
  const std::string_view groups = Vector(parts.supported_groups, 2);
  const bool is_tls13 = allows_tls13 && Has(Vector(parts.supported_versions, 1), kTls13);
  const bool has_suite = AnyNumber(parts.cipher_suites, [](uint16_t suite) {
    return std::find(std::begin(kEcdsaSuites), std::end(kEcdsaSuites), suite) !=
           std::end(kEcdsaSuites);
  });
  // TLS 1.2 binds the key to a suite and to a curve the client has (RFC 8422 §5.1).
  const auto takes = [&](uint16_t algorithm, uint16_t group) {
    return Has(algorithms, algorithm) && (is_tls13 || (has_suite && Has(groups, group)));
  };
  offer.takes_p256 = takes(kEcdsaP256, kGroupP256);
  offer.takes_p384 = takes(kEcdsaP384, kGroupP384);
  offer.takes_p521 = takes(kEcdsaP521, kGroupP521);
  // rsa_pkcs1_*, rsa_pss_rsae_*; a client that names none takes RSA.
  offer.takes_rsa =
      algorithms.empty() || AnyNumber(algorithms, [](uint16_t algorithm) {
        return (algorithm & 0xff) == 1 || (algorithm >= 0x0804 && algorithm <= 0x0806);
      });
  return offer;
}

}  // namespace weir::tls
