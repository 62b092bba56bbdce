#include "source/upstream/upstream_names.h"

#include <cstring>

#include "source/http/authority.h"
#include "source/net/address.h"

namespace weir::upstream {
namespace {

std::string_view HostOf(std::string_view authority, absl::Span<char> buffer) {
  if (authority.empty() || authority.size() > buffer.size()) return {};
  std::memcpy(buffer.data(), authority.data(), authority.size());
  std::string_view host = http::CanonicalizeAuthority(buffer.data(), authority.size()).host;
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  return host.size() <= kMaxNameBytes ? host : std::string_view();
}

}  // namespace

std::string_view NameOf(const http::RequestHead* head, const HttpConfig& config,
                        absl::Span<char> buffer) {
  if (head == nullptr) return {};
  if (!config.host_header.empty()) {
    const http::Header* const header = head->headers.Find(config.host_header);
    if (header != nullptr) return HostOf(header->value, buffer);
  }
  return HostOf(head->authority, buffer);
}

bool IsIpAddress(std::string_view name) { return net::Address::ParseIp(name, 0).ok(); }

}  // namespace weir::upstream
