// TLS on one connection: the handshake, records in both directions, the close_notify that tells an
// end from a cut. Either side. Worker's thread only.
//
// An idle one holds what the library keeps of a session and no buffer. The end of the descriptor
// without a close_notify is an error (RFC 8446 §6.1): whoever ended it need not be the peer. A
// session that is resumed is verified like a new one, before it counts as established.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "source/net/transport_socket.h"
#include "source/tls/client_context.h"
#include "source/tls/handshake_budget.h"
#include "source/tls/server_context.h"
#include "source/tls/socket_stream.h"
#include "source/tls/tls_context.h"
#include "source/tls/tls_library.h"

namespace weir::tls {

class TlsSocket final : public net::TransportSocket {
 public:
  // `ssl` is of `context`, fresh. `identity`: of a client; null: a server's.
  TlsSocket(SslPtr ssl, std::shared_ptr<const TlsContext> context,
            std::unique_ptr<const ClientIdentity> identity);
  ~TlsSocket() override;

  // net::TransportSocket
  net::IoResult Read(int fd, absl::Span<char> into) override;
  net::IoResult Write(int fd, const iovec* from, int count) override;
  void ShutdownWrite(int fd) override;
  bool is_established() const override { return state_ == State::kOpen; }
  std::string_view alpn() const override;
  const net::SecureInfo* secure_info() override;
  std::string failure_reason() const override { return failure_; }

  // For the library's callbacks.
  static TlsSocket& Of(const SSL* ssl);
  const TlsContext& context() const { return *context_; }
  int fd() const { return stream_.fd(); }
  // `chain`: leaf first. False: refused, with what to tell the peer.
  bool JudgePeer(STACK_OF(X509) * chain, uint8_t& alert);
  void KeepSession(SessionPtr session);
  // There is a costly step to do: false: in a later turn.
  bool TakeTurn();

 private:
  //   kHandshake ──► kOpen
  //        └───────────┴──► kFailed: every later call gives the same error
  //
  // Where only the descriptor refuses to take more, what the peer said before is still read.
  enum class State : uint8_t { kHandshake, kOpen, kFailed };

  bool is_client() const { return identity_ != nullptr; }
  bool Handshake(net::IoResult& result);
  bool FinishHandshake(net::IoResult& result);
  bool HasTurn(int fd, net::IoResult& result);
  bool IsNextStepCostly() const;
  bool GiveUp(const net::IoResult& end, net::IoResult& result);
  bool VerifyResumed();
  void CountHandshake();
  void CountHandshakeError();
  // What a call that gave no bytes means.
  void Explain(int returned, net::IoResult& result, bool is_reading);
  void Fail(net::IoResult& result, int error, std::string reason);
  std::string LibraryFailure() const;

  const std::shared_ptr<const TlsContext> context_;
  const std::unique_ptr<const ClientIdentity> identity_;
  SocketStream stream_;  // outlives ssl_, whose BIO reads it
  SslPtr ssl_;
  State state_ = State::kHandshake;
  HandshakeTurn turn_;      // of a server
  bool has_begun_ = false;  // the ClientHello's turn has come
  bool is_peer_validated_ = false;
  bool has_ended_writing_ = false;
  bool is_failure_counted_ = false;
  int error_ = 0;
  // The library insists on being given the same bytes again.
  uint32_t pending_record_bytes_ = 0;
  std::string failure_;
  std::unique_ptr<net::SecureInfo> info_;
};

}  // namespace weir::tls
