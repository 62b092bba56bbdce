#include "source/extensions/network_filters/http_connection_manager/request_preparation.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace weir::extensions::http_connection_manager {

namespace {

using http::HeaderId;

std::string_view Trim(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// The `from_right`-th (1-based) entry of a comma-separated list; empty when it is shorter.
std::string_view EntryFromRight(std::string_view list, uint32_t from_right) {
  for (;;) {
    const size_t comma = list.rfind(',');
    if (from_right == 1) {
      return Trim(comma == std::string_view::npos ? list : list.substr(comma + 1));
    }
    if (comma == std::string_view::npos) return {};
    list = list.substr(0, comma);
    --from_right;
  }
}

// An x-forwarded-for entry: an address, perhaps with a port.
bool ParseClient(std::string_view entry, net::Address& client) {
  if (entry.empty()) return false;
  auto address = net::Address::ParseIp(entry, 0);
  if (!address.ok()) address = net::Address::ParseIpPort(entry);
  if (!address.ok()) return false;
  client = *address;
  return true;
}

bool IsInternal(const TrustConfig& trust, const net::Address& address) {
  if (address.is_pipe()) return trust.unix_sockets_are_internal;
  return std::any_of(trust.internal_ranges.begin(), trust.internal_ranges.end(),
                     [&address](const net::CidrRange& range) { return range.Contains(address); });
}

// The client's address by the trust model, in `client`; false, and the peer's, when the list says
// nothing usable.
bool FindClient(const TrustConfig& trust, std::string_view xff, const net::Address& peer,
                net::Address& client) {
  client = peer;
  const uint32_t hops = trust.xff_num_trusted_hops;
  if (trust.use_remote_address && hops == 0) return false;
  return ParseClient(EntryFromRight(xff, trust.use_remote_address ? hops : hops + 1), client);
}

// Fields that steer this proxy or vouch for the client: nobody outside may set them.
bool IsPrivileged(const http::Header& header) {
  const std::string_view name = header.name;
  if (name.size() < 7 || name[0] != 'x' || name[1] != '-') return false;
  return name.substr(0, 8) == "x-envoy-" || name.substr(0, 7) == "x-weir-";
}

// The peer's address without its port, from the text that was made once for the connection.
std::string_view PeerText(const filter::ConnectionInfo& connection) {
  const std::string_view text = connection.direct_remote_text;
  std::string_view ip = text.substr(0, text.rfind(':'));
  if (ip.size() > 2 && ip.front() == '[') ip = ip.substr(1, ip.size() - 2);
  return ip;
}

void AppendForwardedFor(const HcmConfig& config, const filter::ConnectionInfo& connection,
                        http::RequestHead& head, std::string_view xff) {
  const TrustConfig& trust = config.trust;
  if (!trust.use_remote_address || trust.skip_xff_append || !connection.direct_remote.is_ip()) {
    return;
  }
  const std::string_view ip = PeerText(connection);
  if (xff.empty()) {
    head.headers.Remove(HeaderId::kXForwardedFor);
    head.headers.Add(HeaderId::kXForwardedFor, ip);
    return;
  }
  base::Arena& arena = head.headers.arena();
  const std::string_view joined = arena.Join(arena.Join(xff, ","), ip);
  head.headers.Remove(HeaderId::kXForwardedFor);
  head.headers.Add(HeaderId::kXForwardedFor, joined);
}

void SetForwardedProto(const HcmConfig& config, http::RequestHead& head) {
  const bool trusted = !config.trust.use_remote_address || config.trust.xff_num_trusted_hops > 0;
  const http::Header* claimed = head.headers.Find(HeaderId::kXForwardedProto);
  if (trusted && claimed != nullptr) {
    if (claimed->value == "http" || claimed->value == "https") head.scheme = claimed->value;
    return;
  }
  head.headers.Remove(HeaderId::kXForwardedProto);
  head.headers.Add(HeaderId::kXForwardedProto, head.scheme);
}

void SetRequestId(const HcmConfig& config, bool is_external, base::Random& random,
                  http::RequestHead& head) {
  if (!config.generate_request_id) return;
  const bool keep = !is_external || config.preserve_external_request_id;
  if (keep && head.headers.Has(HeaderId::kXRequestId)) return;
  head.headers.Remove(HeaderId::kXRequestId);
  head.headers.Add(HeaderId::kXRequestId, MakeRequestId(random, head.headers.arena()));
}

std::string_view WithoutPort(std::string_view authority, std::string_view& port) {
  const size_t colon = authority.rfind(':');
  const size_t bracket = authority.rfind(']');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && bracket > colon)) {
    return authority;
  }
  port = authority.substr(colon + 1);
  return authority.substr(0, colon);
}

void StripHost(const HcmConfig& config, const filter::ConnectionInfo& connection,
               http::RequestHead& head) {
  if (config.strip_any_host_port || config.strip_matching_host_port) {
    std::string_view port;
    const std::string_view host = WithoutPort(head.authority, port);
    uint32_t number = 0;
    std::from_chars(port.data(), port.data() + port.size(), number);
    if (config.strip_any_host_port || number == connection.local.port()) head.authority = host;
  }
  if (config.strip_trailing_host_dot) {
    std::string_view port;
    const std::string_view host = WithoutPort(head.authority, port);
    if (!host.empty() && host.back() == '.') {
      base::Arena& arena = head.headers.arena();
      head.authority = host.substr(0, host.size() - 1);
      if (!port.empty()) head.authority = arena.Join(arena.Join(head.authority, ":"), port);
    }
  }
}

// A client that reuses a connection for another host (RFC 9113 §9.1.1) can come where that host's
// rules are not: this chain was chosen for other names.
bool IsMisdirected(const filter::ConnectionInfo& connection, const http::RequestHead& head) {
  if (!connection.is_secure || connection.chain_names == nullptr) return false;
  std::string_view port;
  std::string host(WithoutPort(head.authority, port));
  for (char& c : host) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  if (host.ends_with('.')) host.pop_back();
  const auto covers = [&host](std::string_view name) {
    if (!name.starts_with('*')) return name == host;
    return host.size() >= name.size() && std::string_view(host).ends_with(name.substr(1));
  };
  return std::none_of(connection.chain_names->begin(), connection.chain_names->end(), covers);
}

Refusal CanonicalPath(const http::PathOptions& options, http::RequestHead& head) {
  using Outcome = http::NormalizedPath::Outcome;
  const http::NormalizedPath result = http::NormalizePath(head.path, options, head.headers.arena());
  if (result.outcome == Outcome::kReject) return {400, result.detail, {}};
  if (result.outcome == Outcome::kRedirect) {
    return {307, "path_normalization_redirect", result.path};
  }
  head.path = result.path;
  return {};
}

}  // namespace

std::string_view MakeRequestId(base::Random& random, base::Arena& arena) {
  static constexpr char kHex[] = "0123456789abcdef";
  uint64_t words[2] = {random.Next(), random.Next()};
  words[0] = (words[0] & ~0xf000ull) | 0x4000ull;            // version 4
  words[1] = (words[1] & ~(0x3ull << 62)) | (0x2ull << 62);  // variant
  char* out = arena.AllocateBytes(36);
  int at = 0;
  for (int digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) out[at++] = '-';
    out[at++] = kHex[(words[digit / 16] >> (60 - 4 * (digit % 16))) & 0xf];
  }
  return std::string_view(out, 36);
}

Refusal PrepareRequest(const HcmConfig& config, const filter::ConnectionInfo& connection,
                       base::Random& random, http::RequestHead& head, net::Address& remote) {
  const TrustConfig& trust = config.trust;
  const std::string_view xff = head.headers.Joined(HeaderId::kXForwardedFor);
  const bool is_listed = FindClient(trust, xff, connection.direct_remote, remote);
  // Nobody else forwarded it: no list at all, or behind a proxy of ours a list of one. A list that
  // cannot be read proves nothing.
  const bool comes_directly = trust.use_remote_address
                                  ? !head.headers.Has(HeaderId::kXForwardedFor)
                                  : is_listed && xff.find(',') == std::string_view::npos;
  const bool is_internal = comes_directly && IsInternal(trust, remote);
  if (!is_internal) head.headers.RemoveIf(IsPrivileged);
  if (is_internal) {
    head.headers.Set(HeaderId::kXEnvoyInternal, "true");
  } else if (trust.use_remote_address && remote.is_ip()) {
    if (remote == connection.direct_remote) {
      head.headers.Add(HeaderId::kXEnvoyExternalAddress, PeerText(connection));
    } else {
      head.headers.AddCopy(HeaderId::kXEnvoyExternalAddress, remote.IpString());
    }
  }
  AppendForwardedFor(config, connection, head, xff);
  if (trust.use_remote_address && trust.xff_num_trusted_hops == 0) {
    head.headers.Remove(HeaderId::kXForwardedHost);
  }
  SetForwardedProto(config, head);
  if (trust.append_x_forwarded_port && !head.headers.Has(HeaderId::kXForwardedPort)) {
    head.headers.AddCopy(HeaderId::kXForwardedPort, std::to_string(connection.local.port()));
  }
  SetRequestId(config, !is_internal, random, head);
  if (!config.via.empty()) head.headers.Add(HeaderId::kVia, config.via);
  if (IsMisdirected(connection, head)) return {421, "misdirected_request", {}};
  StripHost(config, connection, head);
  return CanonicalPath(config.path, head);
}

}  // namespace weir::extensions::http_connection_manager
