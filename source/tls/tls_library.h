// The TLS library: BoringSSL, or OpenSSL 3 with --define tls=openssl. What the two call by
// different names is evened out here and in client_hello.h; the rest of the folder is the same
// source for both. Seen by source/tls/*.cc and by headers that only they include.
#pragma once

// The ticket callback with an HMAC_CTX, which both libraries have.
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weir::tls {

template <auto kFree>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};

inline void FreeCertificates(STACK_OF(X509) * stack) { sk_X509_pop_free(stack, X509_free); }
inline void FreeNames(STACK_OF(X509_NAME) * stack) { sk_X509_NAME_pop_free(stack, X509_NAME_free); }

using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using SessionPtr = std::unique_ptr<SSL_SESSION, FreeWith<SSL_SESSION_free>>;
using SslCtxPtr = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, FreeWith<SSL_free>>;
using X509Ptr = std::unique_ptr<X509, FreeWith<X509_free>>;
using X509CrlPtr = std::unique_ptr<X509_CRL, FreeWith<X509_CRL_free>>;
using X509NamesPtr = std::unique_ptr<STACK_OF(X509_NAME), FreeWith<FreeNames>>;
using X509StackPtr = std::unique_ptr<STACK_OF(X509), FreeWith<FreeCertificates>>;
using X509StorePtr = std::unique_ptr<X509_STORE, FreeWith<X509_STORE_free>>;
using X509StoreCtxPtr = std::unique_ptr<X509_STORE_CTX, FreeWith<X509_STORE_CTX_free>>;

#ifdef OPENSSL_IS_BORINGSSL
inline constexpr std::string_view kLibraryName = "BoringSSL";
// The handshake stopped because the ClientHello callback asked for a later turn.
inline constexpr int kErrorHelloLater = SSL_ERROR_PENDING_CERTIFICATE;
#else
inline constexpr std::string_view kLibraryName = "OpenSSL";
inline constexpr int kErrorHelloLater = SSL_ERROR_WANT_CLIENT_HELLO_CB;
#endif

// What an error is called, in both libraries: "WRONG_VERSION_NUMBER".
using LibraryError = decltype(ERR_peek_error());
std::string LibraryErrorName(LibraryError code);
// The errors of this thread since the last call, in words, without an end of line:
// "WRONG_VERSION_NUMBER; ...". Empties the queue.
std::string TakeLibraryErrors();

inline std::string Sha256(std::string_view bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(),
         reinterpret_cast<uint8_t*>(digest.data()));
  return digest;
}

}  // namespace weir::tls
