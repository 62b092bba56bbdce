// Tested by test/control/snapshot_builder_test.cc
#include "source/control/known_messages.h"

#include "envoy/extensions/access_loggers/file/v3/file.pb.h"
#include "envoy/extensions/access_loggers/stream/v3/stream.pb.h"
#include "envoy/extensions/filters/http/grpc_web/v3/grpc_web.pb.h"
#include "envoy/extensions/filters/http/router/v3/router.pb.h"
#include "envoy/extensions/filters/http/stateful_session/v3/stateful_session.pb.h"
#include "envoy/extensions/filters/listener/http_inspector/v3/http_inspector.pb.h"
#include "envoy/extensions/filters/listener/original_dst/v3/original_dst.pb.h"
#include "envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector.pb.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.pb.h"
#include "envoy/extensions/http/stateful_session/cookie/v3/cookie.pb.h"
#include "envoy/extensions/http/stateful_session/header/v3/header.pb.h"
#include "envoy/extensions/network/dns_resolver/cares/v3/cares_dns_resolver.pb.h"
#include "envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/tls.pb.h"

namespace weir::control {

// A file of a static library is linked when something of it is used. One message brings its file.
void LinkKnownMessages() {
  namespace extensions = envoy::extensions;
  extensions::access_loggers::file::v3::FileAccessLog::descriptor();
  extensions::access_loggers::stream::v3::StdoutAccessLog::descriptor();
  extensions::filters::http::grpc_web::v3::GrpcWeb::descriptor();
  extensions::filters::http::router::v3::Router::descriptor();
  extensions::filters::http::stateful_session::v3::StatefulSession::descriptor();
  extensions::filters::listener::http_inspector::v3::HttpInspector::descriptor();
  extensions::filters::listener::original_dst::v3::OriginalDst::descriptor();
  extensions::filters::listener::tls_inspector::v3::TlsInspector::descriptor();
  extensions::filters::network::http_connection_manager::v3::HttpConnectionManager::descriptor();
  extensions::filters::network::tcp_proxy::v3::TcpProxy::descriptor();
  extensions::http::stateful_session::cookie::v3::CookieBasedSessionState::descriptor();
  extensions::http::stateful_session::header::v3::HeaderBasedSessionState::descriptor();
  extensions::network::dns_resolver::cares::v3::CaresDnsResolverConfig::descriptor();
  extensions::transport_sockets::raw_buffer::v3::RawBuffer::descriptor();
  extensions::transport_sockets::tls::v3::DownstreamTlsContext::descriptor();
}

}  // namespace weir::control
