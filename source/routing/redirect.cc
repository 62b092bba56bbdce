#include "source/routing/redirect.h"

#include <algorithm>
#include <string>

#include "source/routing/path_rewrite.h"

namespace weir::routing {

namespace {

size_t PortStart(std::string_view authority) {
  const size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos) return authority.size();
  const size_t bracket = authority.rfind(']');
  return bracket != std::string_view::npos && bracket > colon ? authority.size() : colon;
}

bool IsDefaultPort(std::string_view scheme, std::string_view port) {
  return (scheme == "http" && port == ":80") || (scheme == "https" && port == ":443");
}

std::string_view HostOf(const RedirectAction& redirect, const http::RequestHead& head) {
  if (!redirect.host.empty()) return redirect.host;
  const size_t port_start = PortStart(head.authority);
  const bool changes_scheme = !redirect.scheme.empty() && redirect.scheme != head.scheme;
  const bool drops_port =
      redirect.port.has_value() ||
      (changes_scheme && IsDefaultPort(head.scheme, head.authority.substr(port_start)));
  return drops_port ? head.authority.substr(0, port_start) : head.authority;
}

void AppendTarget(const RedirectAction& redirect, std::string_view target, base::Arena& arena,
                  std::string& out) {
  const size_t path_size = std::min(target.find('?'), target.size());
  const std::string_view query = target.substr(path_size);
  if (!redirect.path.empty()) {
    out += redirect.path;
    // A query of the redirect's own takes the place of the request's.
    if (!redirect.strip_query && redirect.path.find('?') == std::string::npos) out += query;
    return;
  }
  std::string_view path = redirect.strip_query ? target.substr(0, path_size) : target;
  if (redirect.path_rewrite != nullptr) path = RewritePath(*redirect.path_rewrite, path, arena);
  out += path;
}

}  // namespace

std::string_view RedirectLocation(const RedirectAction& redirect, const http::RequestHead& head,
                                  base::Arena& arena) {
  // Keeps its memory from call to call.
  thread_local std::string out;
  out = redirect.scheme.empty() ? head.scheme : std::string_view(redirect.scheme);
  out += "://";
  out += HostOf(redirect, head);
  if (redirect.port.has_value()) {
    out += ':';
    out += std::to_string(*redirect.port);
  }
  AppendTarget(redirect, head.path, arena, out);
  return arena.Copy(out);
}

}  // namespace weir::routing
