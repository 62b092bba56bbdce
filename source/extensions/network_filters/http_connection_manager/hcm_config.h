// The connection manager's settings: parsed once, immutable, shared by all workers.
//
// Source: envoy.extensions.filters.network.http_connection_manager.v3. Defaults are those of an
// edge proxy (docs/configuration.md lists where they differ from Envoy's).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "source/base/per_thread.h"
#include "source/event/published.h"
#include "source/extensions/network_filters/http_connection_manager/date_cache.h"
#include "source/extensions/network_filters/http_connection_manager/hcm_stats.h"
#include "source/filter/access_log.h"
#include "source/filter/factory_context.h"
#include "source/filter/http_filter_config.h"
#include "source/filter/network_filter.h"
#include "source/http/http1_server.h"
#include "source/http/path.h"
#include "source/http2/http2_options.h"
#include "source/http2/http2_stats.h"
#include "source/net/cidr.h"

namespace weir::extensions::http_connection_manager {

// Whom to believe about where a request came from.
struct TrustConfig {
  bool use_remote_address = true;
  uint32_t xff_num_trusted_hops = 0;
  bool skip_xff_append = false;
  bool append_x_forwarded_port = false;
  std::vector<net::CidrRange> internal_ranges;
  bool unix_sockets_are_internal = false;
};

// forward_client_cert_details, set_current_client_cert_details.
struct ClientCertificateConfig {
  enum class Mode : uint8_t {
    kSanitize,
    kForwardOnly,
    kAppendForward,
    kSanitizeSet,
    kAlwaysForwardOnly
  } mode = Mode::kSanitize;
  bool adds_subject = false, adds_cert = false, adds_chain = false;
  bool adds_dns = false, adds_uri = false;
};

enum class CodecType : uint8_t { kAuto, kHttp1, kHttp2 };

enum class ServerHeader : uint8_t { kOverwrite, kAppendIfAbsent, kPassThrough };

class HttpStream;

// What one worker keeps for one connection manager.
struct HcmWorker {
  HcmWorker(const event::Published<routing::RouteTable>& table, HcmStats& counters,
            http2::Stats& http2_counters);
  ~HcmWorker();

  event::View<routing::RouteTable> routes;
  HcmStats& stats;
  http2::Stats& http2_stats;
  DateCache date;
  std::vector<std::unique_ptr<HttpStream>> spare_streams;  // recycled
};

struct HcmConfig {
  std::string stat_prefix;
  std::shared_ptr<stats::Group<HcmStats>> stats;
  std::shared_ptr<stats::Group<http2::Stats>> http2_stats;
  std::shared_ptr<filter::RouteTableHandle> routes;
  filter::HttpFilterList filters;
  filter::AccessLogs access_logs;
  CodecType codec = CodecType::kAuto;
  // For plaintext and for secure connections: they differ in the scheme that requests must have.
  http::Http1ServerOptions http1, http1_secure;
  http2::Options http2, http2_secure;

  TrustConfig trust;
  ClientCertificateConfig client_certificate;
  http::PathOptions path;
  bool strip_matching_host_port = false, strip_any_host_port = false;
  bool strip_trailing_host_dot = false;
  bool generate_request_id = true, preserve_external_request_id = false;
  bool always_set_request_id_in_response = false;
  bool proxy_100_continue = false;
  std::string server_name = "weir";
  ServerHeader server_header = ServerHeader::kOverwrite;
  std::string via;
  absl::flat_hash_map<std::string, bool> upgrades;  // lower-case protocol → enabled

  // Milliseconds; 0 turns a timeout off.
  int64_t idle_timeout_ms = 300'000;
  int64_t stream_idle_timeout_ms = 300'000;
  int64_t request_body_idle_timeout_ms = 60'000;
  int64_t request_timeout_ms = 0;
  int64_t request_headers_timeout_ms = 10'000;
  int64_t max_connection_duration_ms = 0;
  int64_t max_stream_duration_ms = 0;
  int64_t drain_timeout_ms = 5'000;
  int64_t delayed_close_ms = 1000;
  uint32_t max_requests_per_connection = 0;  // 0: no limit
  uint32_t stream_buffer_bytes = 64 * 1024;

  mutable base::PerThread<HcmWorker> workers;
  HcmWorker& Here() const;
};

// The network filter built from an HcmConfig.
class HcmFilterConfig final : public filter::NetworkFilterConfig {
 public:
  explicit HcmFilterConfig(std::shared_ptr<const HcmConfig> config) : config_(std::move(config)) {}
  std::unique_ptr<filter::TerminalFilter> CreateTerminal(
      const filter::ConnectionContext& context) const override;
  bool is_terminal() const override { return true; }

 private:
  const std::shared_ptr<const HcmConfig> config_;
};

}  // namespace weir::extensions::http_connection_manager
