// A finished request with every field set that a log can show, and the memory behind it. Test
// thread.
#pragma once

#include <memory>
#include <string>

#include "source/base/arena.h"
#include "source/filter/stream_info.h"
#include "test/support/fake_transport.h"

namespace weir::test {

inline net::CertificateInfo LoggedCertificate(const std::string& name) {
  net::CertificateInfo info;
  info.subject = "CN=" + name;
  info.issuer = "CN=ca";
  info.serial = "0a";
  info.sha256 = "256";
  info.sha1 = "1";
  info.uri_sans = {"spiffe://" + name, "spiffe://other"};
  info.dns_sans = {name + ".test"};
  info.ip_sans = {"10.0.0.1"};
  info.email_sans = {name + "@test"};
  info.pem = "---\n" + name;
  info.not_before_s = 1'767'225'845;
  info.not_after_s = 1'767'225'846;
  return info;
}

inline net::SecureInfo LoggedSecureInfo() {
  net::SecureInfo info;
  info.protocol = "TLSv1.3";
  info.cipher = "TLS_AES_128_GCM_SHA256";
  info.server_name = "asked.test";
  info.session_id = "5e55";
  info.is_peer_validated = true;
  info.peer = std::make_shared<net::CertificateInfo>(LoggedCertificate("peer"));
  info.local = std::make_shared<net::CertificateInfo>(LoggedCertificate("own"));
  info.peer_chain_pem = info.peer->pem + "ca";
  return info;
}

struct LoggedStream {
  LoggedStream() {
    connection.id = 7;
    connection.direct_remote = *net::Address::ParseIp("10.0.0.9", 4321);
    connection.direct_remote_text = "10.0.0.9:4321";
    connection.local = *net::Address::ParseIp("::1", 8080);
    connection.filter_chain_name = "chain";
    connection.termination_details = "ended";
    connection.is_secure = true;
    connection.transport = &transport;
    transport.set_failure("bad record");

    request.method_name = "GET";
    request.path = "/a?b=1";
    request.authority = "example.com";
    request.scheme = "https";
    request.content_length = 12;
    request.headers.Add("user-agent", "curl/8");
    request.headers.Add("x-request-id", "id-1");
    request.headers.Add("x-empty", "");
    request.headers.Add("authorization", "Bearer secret");
    response.status = 200;
    response.content_length = 34;
    response.headers.Add("x-envoy-upstream-service-time", "5");
    response.headers.Add("set-cookie", "session=secret");
    trailers.Add("grpc-status", "0");

    virtual_host.name = "hosts";
    route.name = "route";
    route.virtual_host = &virtual_host;

    info.connection = &connection;
    info.stream_id = 99;
    info.start_wall_us = 1'767'225'845'012'345;
    info.start_ns = 1'000'000'000;
    info.last_downstream_rx_ns = 1'001'000'000;
    info.last_upstream_tx_ns = 1'002'000'000;
    info.first_upstream_rx_ns = 1'007'900'000;
    info.last_downstream_tx_ns = 1'009'900'000;
    info.end_ns = 1'012'999'999;
    info.bytes_received = 12;
    info.bytes_sent = 34;
    info.request = &request;
    info.response = &response;
    info.response_trailers = &trailers;
    info.is_http = true;
    info.response_code = 200;
    info.response_code_details = "via_upstream";
    info.remote = &connection.direct_remote;
    info.route = &route;
    info.cluster_name = "cluster";
    info.upstream_host =
        std::make_shared<balancing::Host>(*net::Address::ParseIp("10.1.0.2", 80), "backend.local",
                                          std::make_shared<balancing::Locality>());
    info.upstream_local = *net::Address::ParseIp("10.1.0.1", 55555);
    info.attempt_count = 2;
    info.NoteUpstream(LoggedSecureInfo());
    info.upstream_version = http::Version::kHttp2;
    info.upstream_failure_reason = "tls: handshake failed";
  }

  base::Arena arena;
  FakeTransport transport{"h2", LoggedSecureInfo(), true};
  filter::ConnectionInfo connection;
  http::RequestHead request{arena};
  http::ResponseHead response{arena};
  http::HeaderMap trailers{arena};
  routing::VirtualHost virtual_host;
  routing::Route route;
  filter::StreamInfo info;
};

// A stream of which nothing is known but when it began.
inline filter::StreamInfo EmptyStream() {
  filter::StreamInfo info;
  info.start_wall_us = 1'767'225'845'012'345;
  info.start_ns = 1'000'000'000;
  return info;
}

}  // namespace weir::test
