#include "source/extensions/http_filters/router/request_rewrite.h"

#include <charconv>
#include <string_view>

#include "source/http/grpc.h"
#include "source/routing/path_rewrite.h"

namespace weir::extensions::router {
namespace {

using http::HeaderId;

void RemoveOurFields(http::HeaderMap& headers) {
  for (const HeaderId ours :
       {HeaderId::kXEnvoyRetryOn, HeaderId::kXEnvoyMaxRetries, HeaderId::kXEnvoyUpstreamRqTimeoutMs,
        HeaderId::kXEnvoyUpstreamRqPerTryTimeoutMs}) {
    headers.Remove(ours);
  }
  headers.Remove("x-envoy-retry-grpc-on");
}

// gRPC's servers insist on "te: trailers", which is hop by hop; the deadline is what is left of it
// here.
void PrepareGrpc(const RewriteOptions& options, http::HeaderMap& headers) {
  if (!headers.Has(HeaderId::kTe)) headers.Add(HeaderId::kTe, "trailers");
  if (options.is_grpc_deadline && options.expected_ms > 0) {
    http::SetGrpcTimeout(options.expected_ms, headers);
  }
}

void RewritePath(const routing::PathRewrite& rewrite, bool adds_original, base::Arena& arena,
                 http::RequestHead& head) {
  if (adds_original) {
    head.headers.Remove(HeaderId::kXEnvoyOriginalPath);
    head.headers.Add(HeaderId::kXEnvoyOriginalPath, head.path);
  }
  head.path = routing::RewritePath(rewrite, head.path, arena);
}

void RewriteHost(const routing::ForwardAction& action, const routing::WeightedCluster* chosen,
                 http::RequestHead& head) {
  const std::string_view original = head.authority;
  if (chosen != nullptr && !chosen->host_rewrite.empty()) {
    head.authority = chosen->host_rewrite;
  } else if (!action.host_rewrite.empty()) {
    head.authority = action.host_rewrite;
  } else if (!action.host_rewrite_header.empty()) {
    const std::string_view named = head.headers.Value(action.host_rewrite_header);
    if (!named.empty()) head.authority = named;
  }
  if (action.append_x_forwarded_host && head.authority != original) {
    head.headers.Add(HeaderId::kXForwardedHost, original);
  }
}

}  // namespace

void SetNumber(http::HeaderMap& headers, HeaderId id, int64_t value) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  headers.Set(id, std::string_view(text, end - text));
}

void RewriteRequest(const routing::ForwardAction& action, const routing::WeightedCluster* chosen,
                    const RewriteOptions& options, base::Arena& arena, http::RequestHead& head) {
  RemoveOurFields(head.headers);
  if (options.adds_envoy_headers && options.expected_ms > 0) {
    SetNumber(head.headers, HeaderId::kXEnvoyExpectedRqTimeoutMs, options.expected_ms);
  }
  if (http::IsGrpc(head)) PrepareGrpc(options, head.headers);
  if (action.path_rewrite != nullptr) {
    RewritePath(*action.path_rewrite, options.adds_envoy_headers, arena, head);
  }
  RewriteHost(action, chosen, head);
}

}  // namespace weir::extensions::router
