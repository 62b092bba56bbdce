// A client of the library without our settings, over memory: to send what our own would not.
#pragma once

#include <sys/socket.h>

#include <string>

#include "source/tls/tls_library.h"

namespace weir::tls {

class RawClient {
 public:
  RawClient() : ctx_(SSL_CTX_new(TLS_method())), ssl_(SSL_new(ctx_.get())) {
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_.get());
    SSL_set_ex_data(ssl_.get(), 0, nullptr);
    SSL_set_verify(ssl_.get(), SSL_VERIFY_NONE, nullptr);
  }

  // The record with the ClientHello.
  std::string Hello(const std::string& server_name) {
    SSL_set_tlsext_host_name(ssl_.get(), server_name.c_str());
    SSL_do_handshake(ssl_.get());
    ERR_clear_error();
    return TakeOutput();
  }
  void SetVersions(int min, int max) {
    SSL_set_min_proto_version(ssl_.get(), static_cast<uint16_t>(min));
    SSL_set_max_proto_version(ssl_.get(), static_cast<uint16_t>(max));
#ifndef OPENSSL_IS_BORINGSSL
    SSL_set_security_level(ssl_.get(), 0);
#endif
  }
  bool SetCiphers(const char* list) { return SSL_set_cipher_list(ssl_.get(), list) == 1; }
  bool SetCurves(const char* list) { return SSL_set1_curves_list(ssl_.get(), list) == 1; }
  void AskForEarlyData() {
#ifdef OPENSSL_IS_BORINGSSL
    SSL_set_early_data_enabled(ssl_.get(), 1);
#endif
  }
#ifdef OPENSSL_IS_BORINGSSL
  // RFC 8879, both ways; `*uses` counts. Before the first step.
  void OfferCompression(int* uses) {
    static int* counter = nullptr;
    counter = uses;
    SSL_CTX_add_cert_compression_alg(
        ctx_.get(), TLSEXT_cert_compression_zlib,
        [](SSL*, CBB*, const uint8_t*, size_t) { return ++*counter, 0; },
        [](SSL*, CRYPTO_BUFFER**, size_t, const uint8_t*, size_t) { return ++*counter, 0; });
  }
#endif
  void Show(X509* certificate, EVP_PKEY* key) {
    SSL_use_certificate(ssl_.get(), certificate);
    SSL_use_PrivateKey(ssl_.get(), key);
  }
  void AskForStaple() {
#ifdef OPENSSL_IS_BORINGSSL
    SSL_enable_ocsp_stapling(ssl_.get());
#else
    SSL_set_tlsext_status_type(ssl_.get(), TLSEXT_STATUSTYPE_ocsp);
#endif
  }
  // The OCSP response that came with the certificate.
  std::string staple() const {
    const uint8_t* bytes = nullptr;
#ifdef OPENSSL_IS_BORINGSSL
    size_t size = 0;
    SSL_get0_ocsp_response(ssl_.get(), &bytes, &size);
#else
    const long size = SSL_get_tlsext_status_ocsp_resp(ssl_.get(), &bytes);
#endif
    if (bytes == nullptr) return "";
    return {reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)};
  }
  // One exchange: what came, an attempt, what there is to send.
  void Step(int fd) {
    char buffer[32 * 1024];
    const ssize_t count = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
    if (count > 0) BIO_write(SSL_get_rbio(ssl_.get()), buffer, static_cast<int>(count));
    if (!is_done()) SSL_do_handshake(ssl_.get());
    if (is_done()) SSL_read(ssl_.get(), buffer, sizeof(buffer));
    ERR_clear_error();
    Flush(fd);
  }
  bool is_done() const { return SSL_is_init_finished(ssl_.get()) != 0; }
  bool Renegotiate() { return SSL_renegotiate(ssl_.get()) == 1; }
  void UpdateKeys(int fd) {
    SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED);
    // The library sends it with the next byte of data; an empty write sends it alone.
    SSL_write(ssl_.get(), "", 0);
    ERR_clear_error();
    Flush(fd);
  }
  bool may_send_early_data() const {
    const SSL_SESSION* const session = SSL_get_session(ssl_.get());
#ifdef OPENSSL_IS_BORINGSSL
    return SSL_SESSION_early_data_capable(session) == 1;
#else
    return SSL_SESSION_get_max_early_data(session) > 0;
#endif
  }

 private:
  std::string TakeOutput() {
    char* bytes = nullptr;
    BIO* const bio = SSL_get_wbio(ssl_.get());
    const long size = BIO_get_mem_data(bio, &bytes);
    std::string output(bytes, static_cast<size_t>(size));
    BIO_reset(bio);
    return output;
  }
  void Flush(int fd) {
    const std::string output = TakeOutput();
    send(fd, output.data(), output.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  SslCtxPtr ctx_;
  SslPtr ssl_;
};

}  // namespace weir::tls
