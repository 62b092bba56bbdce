// Tested by test/tls/tls_socket_test.cc
#include "source/tls/tls_secure_info.h"

#include <memory>
#include <string_view>

#include "source/tls/certificate_info.h"
#include "source/tls/name_matcher.h"

namespace weir::tls {
namespace {

void Push(STACK_OF(X509) * stack, X509* certificate) {
  X509_up_ref(certificate);
  sk_X509_push(stack, certificate);
}

// After the handshake the library has forgotten which one we showed, its SSL_CTX has not.
X509* LocalCertificate(const SSL* ssl) { return SSL_CTX_get0_certificate(SSL_get_SSL_CTX(ssl)); }

}  // namespace

#ifdef OPENSSL_IS_BORINGSSL

X509StackPtr PeerChainOf(const SSL* ssl) {
  X509StackPtr out(sk_X509_new_null());
  const STACK_OF(X509)* const chain = SSL_get_peer_full_cert_chain(ssl);
  const size_t count = chain == nullptr ? 0 : sk_X509_num(chain);
  for (size_t i = 0; i < count; ++i) Push(out.get(), sk_X509_value(chain, i));
  return out;
}

#else

X509StackPtr PeerChainOf(const SSL* ssl) {
  X509StackPtr out(sk_X509_new_null());
  X509* const leaf = SSL_get0_peer_certificate(ssl);
  if (leaf == nullptr) return out;
  Push(out.get(), leaf);
  // A client's has the leaf in it, a server's has not.
  const STACK_OF(X509)* const chain = SSL_get_peer_cert_chain(ssl);
  const int count = chain == nullptr ? 0 : sk_X509_num(chain);
  for (int i = 0; i < count; ++i) {
    X509* const certificate = sk_X509_value(chain, i);
    if (i > 0 || X509_cmp(certificate, leaf) != 0) Push(out.get(), certificate);
  }
  return out;
}

#endif

net::SecureInfo DescribeSession(const SSL* ssl) {
  net::SecureInfo info;
  info.protocol = SSL_get_version(ssl);
  info.cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(ssl));
  if (const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)) {
    info.server_name = ToLower(name);
  }
  const uint8_t* bytes = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &bytes, &size);
  info.alpn.assign(reinterpret_cast<const char*>(bytes), size);
  if (const SSL_SESSION* session = SSL_get_session(ssl)) {
    bytes = SSL_SESSION_get_id(session, &size);
    info.session_id = Hex({reinterpret_cast<const char*>(bytes), size});
  }
  info.is_resumed = SSL_session_reused(const_cast<SSL*>(ssl)) == 1;
  const X509StackPtr chain = PeerChainOf(ssl);
  if (sk_X509_num(chain.get()) > 0) {
    info.peer = std::make_shared<const net::CertificateInfo>(
        DescribeCertificate(sk_X509_value(chain.get(), 0)));
    info.peer_chain_pem = PemOf(chain.get());
  }
  // Ours, as configured: a client whose server did not ask has not shown it.
  if (X509* const local = LocalCertificate(ssl); local != nullptr) {
    info.local = std::make_shared<const net::CertificateInfo>(DescribeCertificate(local));
  }
  ERR_clear_error();
  return info;
}

}  // namespace weir::tls
