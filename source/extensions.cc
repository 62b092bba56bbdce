#include "source/extensions.h"

#include "source/extensions/http_filters/router/router_config.h"
#include "source/extensions/network_filters/http_connection_manager/hcm_config_parser.h"
#include "source/extensions/network_filters/tcp_proxy/tcp_proxy_config.h"

namespace weir {

struct Extensions::Shared {};

Extensions::Extensions() : shared_(std::make_unique<Shared>()) {
  registry_.Add(extensions::http_connection_manager::CreateFactory());
  registry_.Add(extensions::router::CreateFactory());
  registry_.Add(extensions::tcp_proxy::CreateFactory());
}

Extensions::~Extensions() = default;

void Extensions::ReopenLogs() {}

}  // namespace weir
