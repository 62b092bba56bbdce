// x-forwarded-client-cert: what is told upstream about the client's certificate, and what is
// believed of proxies in front (forward_client_cert_details). Format, as Envoy's: one element a
// proxy, joined by ','; in it pairs joined by ';':
//
//   By=spiffe://own;Hash=…;Cert="…";Chain="…";Subject="CN=client";URI=spiffe://client;DNS=a.test
//
// Worker's thread; one object a connection.
#pragma once

#include <memory>
#include <string>

#include "source/extensions/network_filters/http_connection_manager/hcm_config.h"
#include "source/filter/stream_info.h"
#include "source/http/header_map.h"

namespace weir::extensions::http_connection_manager {

class ClientCertificateField {
 public:
  // Removes, keeps, appends to or sets the field, as `config` says. The first request of a
  // connection pays for the text, which the next ones share.
  void Apply(const ClientCertificateConfig& config, const filter::ConnectionInfo& connection,
             http::HeaderMap& headers);

 private:
  std::unique_ptr<const std::string> element_;  // null: not made yet
};

}  // namespace weir::extensions::http_connection_manager
