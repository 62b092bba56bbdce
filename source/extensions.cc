#include "source/extensions.h"

#include "source/extensions/access_loggers/file/file_access_log_config.h"
#include "source/extensions/access_loggers/stdout/stdout_access_log_config.h"
#include "source/extensions/http_filters/grpc_stats/grpc_stats_config.h"
#include "source/extensions/http_filters/grpc_web/grpc_web_config.h"
#include "source/extensions/http_filters/health_check/health_check_config.h"
#include "source/extensions/http_filters/router/router_config.h"
#include "source/extensions/http_filters/stateful_session/stateful_session_config.h"
#include "source/extensions/listener_filters/http_inspector/http_inspector_config.h"
#include "source/extensions/listener_filters/original_dst/original_dst_config.h"
#include "source/extensions/listener_filters/tls_inspector/tls_inspector_config.h"
#include "source/extensions/network_filters/http_connection_manager/hcm_config_parser.h"
#include "source/extensions/network_filters/tcp_proxy/tcp_proxy_config.h"
#include "source/extensions/transport_sockets/tls/tls_factories.h"

namespace weir {

struct Extensions::Shared {
  base::LineWriter log_writer;
};

Extensions::Extensions() : shared_(std::make_unique<Shared>()) {
  base::LineWriter& log_writer = shared_->log_writer;
  registry_.Add(extensions::file::CreateFactory(log_writer));
  registry_.Add(extensions::stdout_access_log::CreateStdoutFactory(log_writer));
  registry_.Add(extensions::stdout_access_log::CreateStderrFactory(log_writer));
  registry_.Add(extensions::http_connection_manager::CreateFactory());
  registry_.Add(extensions::grpc_stats::CreateFactory());
  registry_.Add(extensions::grpc_web::CreateFactory());
  registry_.Add(extensions::health_check::CreateFactory());
  registry_.Add(extensions::http_inspector::CreateFactory());
  registry_.Add(extensions::original_dst::CreateFactory());
  registry_.Add(extensions::router::CreateFactory());
  registry_.Add(extensions::stateful_session::CreateFactory());
  registry_.Add(extensions::tcp_proxy::CreateFactory());
  registry_.Add(extensions::tls::CreateDownstreamFactory());
  registry_.Add(extensions::tls::CreateUpstreamFactory());
  registry_.Add(extensions::tls_inspector::CreateFactory());
}

Extensions::~Extensions() = default;

void Extensions::ReopenLogs() { shared_->log_writer.Reopen(); }

base::LineWriter& Extensions::log_writer() { return shared_->log_writer; }

}  // namespace weir
