// A client's and a server's end of TLS over a socket pair, made by the real factories from plain
// settings and turned by hand. Nothing waits: a round that moves no byte ends a run.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/base/thread.h"
#include "source/event/loop.h"
#include "source/net/transport_factory.h"
#include "source/stats/stats.h"
#include "source/tls/certificate.h"
#include "source/tls/client_transport.h"
#include "source/tls/name_matcher.h"
#include "source/tls/secret_manager.h"
#include "source/tls/server_transport.h"
#include "source/tls/tls_stats.h"
#include "test/support/manual_clock.h"
#include "test/tls/test_certificates.h"

namespace weir::tls {

// One end.
struct TlsEnd {
  std::unique_ptr<net::TransportSocket> socket;
  int fd = -1;
  std::string received;
  net::IoResult last;  // of the last Read
  bool ended = false;  // cleanly
  int error = 0;

  ~TlsEnd() { Close(); }
  void Close() {
    if (fd >= 0) close(std::exchange(fd, -1));
  }
  // True when something happened.
  bool Read(size_t room = 64 * 1024) {
    if (socket == nullptr || fd < 0 || ended || error != 0) return false;
    std::string buffer(room, '\0');
    const bool was_established = socket->is_established();
    last = socket->Read(fd, absl::MakeSpan(buffer.data(), buffer.size()));
    received.append(buffer, 0, last.bytes);
    ended = last.eof;
    error = last.error;
    return last.bytes > 0 || ended || error != 0 || was_established != socket->is_established();
  }
  net::IoResult Write(std::string_view bytes) {
    const iovec vector{const_cast<char*>(bytes.data()), bytes.size()};
    return socket->Write(fd, &vector, 1);
  }
  bool is_established() const { return socket != nullptr && socket->is_established(); }
  std::string reason() const { return socket->failure_reason(); }
};

struct TlsPair {
  TlsEnd server, client;

  // Until neither side gets on.
  void Run() {
    // A flight may cross the pair several times before an end says that it moved.
    for (int idle = 0; idle < 4;) {
      const bool moved = server.Read() | client.Read();
      idle = moved ? 0 : idle + 1;
    }
  }
  bool is_established() const { return server.is_established() && client.is_established(); }
};

class TlsFixture : public testing::Test {
 protected:
  using ServerFactory = std::shared_ptr<const net::ServerTransportFactory>;
  using ClientFactory = std::shared_ptr<const net::ClientTransportFactory>;

  std::shared_ptr<Secret<Certificate>> SecretOf(const TestCertificate& certificate,
                                                std::string more_chain = "",
                                                std::string staple = "") {
    config::Faults faults;
    CertificateConfig config{.chain = BytesSource::Inline(certificate.pem + more_chain),
                             .private_key = BytesSource::Inline(certificate.key_pem)};
    if (!staple.empty()) config.ocsp_staple = BytesSource::Inline(std::move(staple));
    auto secret = secrets_.MakeCertificate(config, faults);
    EXPECT_TRUE(faults.ok()) << faults.ToString();
    return secret;
  }
  std::shared_ptr<Secret<TrustMaterial>> TrustOf(const ValidationConfig& config) {
    config::Faults faults;
    auto secret = secrets_.MakeValidation(config, faults);
    EXPECT_TRUE(faults.ok()) << faults.ToString();
    return secret;
  }
  std::shared_ptr<Secret<TrustMaterial>> TrustOf(const TestCertificate& ca) {
    return TrustOf(ValidationConfig{.trusted_ca = BytesSource::Inline(ca.pem)});
  }
  ServerFactory MakeServer(ServerTransportConfig config, std::string_view prefix = "listener.a") {
    config::Faults faults;
    auto factory = CreateServerTransport(std::move(config), secrets_, stats_, prefix, faults);
    fault_ = faults.ToString();
    return factory;
  }
  ClientFactory MakeClient(ClientTransportConfig config, std::string_view prefix = "cluster.b") {
    config::Faults faults;
    auto factory = CreateClientTransport(std::move(config), secrets_, stats_, prefix, faults);
    fault_ = faults.ToString();
    return factory;
  }
  // A server with the usual certificate, for "a.test".
  ServerTransportConfig PlainServer() { return {.certificates = {SecretOf(server_certificate_)}}; }
  // A client that trusts the usual CA and asks for "a.test".
  ClientTransportConfig PlainClient() {
    ClientTransportConfig config;
    config.settings.server_name = "a.test";
    config.validation = TrustOf(ca_);
    return config;
  }

  // Sockets, connected, not yet a step on.
  std::unique_ptr<TlsPair> Open(const ServerFactory& server, const ClientFactory& client,
                                const net::ClientTransportOptions& options = {}) {
    auto pair = std::make_unique<TlsPair>();
    int fds[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    pair->server.fd = fds[0];
    pair->client.fd = fds[1];
    if (server != nullptr) pair->server.socket = *server->Create();
    if (client != nullptr) {
      auto made = client->Create(options);
      EXPECT_TRUE(made.ok()) << made.status();
      if (made.ok()) pair->client.socket = *std::move(made);
    }
    return pair;
  }
  // After the handshake, or what it came to.
  std::unique_ptr<TlsPair> Connect(const ServerFactory& server, const ClientFactory& client,
                                   const net::ClientTransportOptions& options = {}) {
    auto pair = Open(server, client, options);
    pair->Run();
    return pair;
  }
  std::unique_ptr<TlsPair> ConnectPlain() {
    return Connect(MakeServer(PlainServer()), MakeClient(PlainClient()));
  }

  TlsStats& ServerStats() { return server_stats_->Here(); }
  TlsStats& ClientStats() { return client_stats_->Here(); }

  event::Loop main_{"main", base::kMainThread};
  stats::Store stats_;
  // A group ends with its last owner.
  std::shared_ptr<stats::Group<TlsStats>> server_stats_ =
      stats_.AddGroup<TlsStats>("listener.a.ssl");
  std::shared_ptr<stats::Group<TlsStats>> client_stats_ =
      stats_.AddGroup<TlsStats>("cluster.b.ssl");
  SecretManager secrets_{main_, stats_};
  std::string fault_;  // of the last Make…
  const TestCertificate ca_ = MakeAuthority("Test CA");
  const TestCertificate server_certificate_ =
      Issue({.common_name = "a.test", .dns = {"a.test"}}, &ca_);
};

}  // namespace weir::tls
