#include "source/routing/hash_policy.h"

#include <arpa/inet.h>

#include <algorithm>
#include <bit>

#include "absl/container/inlined_vector.h"
#include "source/balancing/hash.h"
#include "source/routing/header_values.h"
#include "source/routing/query_parameters.h"

namespace weir::routing {
namespace {

using balancing::XxHash64;

// Of all values of the header, whatever their order.
std::optional<uint64_t> HashOfHeader(const HashPolicy& policy, const http::RequestHead& head) {
  base::Arena& arena = head.headers.arena();
  absl::InlinedVector<std::string_view, 4> values;
  bool found = false;
  AnyHeaderValue(head, policy.id, policy.name, found, [&](std::string_view value) {
    if (policy.id == http::HeaderId::kContentLength) value = arena.Copy(value);  // it is not kept
    values.push_back(policy.regex == nullptr
                         ? value
                         : policy.regex->ReplaceAll(value, policy.substitution, arena));
    return false;
  });
  if (!found) return std::nullopt;
  std::sort(values.begin(), values.end());
  uint64_t hash = 0;
  for (const std::string_view value : values) hash = XxHash64(value, hash);
  return hash;
}

std::optional<uint64_t> HashOfCookie(const HashPolicy& policy, const http::RequestHead& head,
                                     CookieMaker make_cookie) {
  std::string_view value = http::FindCookie(head.headers, policy.name);
  if (value.empty() && policy.new_cookie != nullptr) value = make_cookie(*policy.new_cookie);
  if (value.empty()) return std::nullopt;
  return XxHash64(value);
}

std::optional<uint64_t> HashOfParameter(const HashPolicy& policy, const http::RequestHead& head) {
  const size_t mark = head.path.find('?');
  if (mark == std::string_view::npos) return std::nullopt;
  const auto value = FindQueryParameter(head.path.substr(mark + 1), policy.name);
  if (!value.has_value()) return std::nullopt;
  return XxHash64(*value);
}

std::optional<uint64_t> HashBy(const HashPolicy& policy, const http::RequestHead& head,
                               const net::Address* client, CookieMaker make_cookie) {
  switch (policy.kind) {
    case HashPolicy::Kind::kNone:
      break;
    case HashPolicy::Kind::kHeader:
      return HashOfHeader(policy, head);
    case HashPolicy::Kind::kCookie:
      return HashOfCookie(policy, head, make_cookie);
    case HashPolicy::Kind::kSourceIp:
      return HashOfClient(client);
    case HashPolicy::Kind::kQueryParameter:
      return HashOfParameter(policy, head);
  }
  return std::nullopt;
}

}  // namespace

std::optional<uint64_t> HashRequest(absl::Span<const HashPolicy> policies,
                                    const http::RequestHead& head, const net::Address* client,
                                    CookieMaker make_cookie) {
  std::optional<uint64_t> hash;
  for (const HashPolicy& policy : policies) {
    const auto part = HashBy(policy, head, client, make_cookie);
    // Turned by a bit, so that two equal parts do not cancel out.
    if (part.has_value()) hash = std::rotl(hash.value_or(0), 1) ^ *part;
    if (policy.is_terminal && hash.has_value()) break;
  }
  return hash;
}

std::optional<uint64_t> HashOfClient(const net::Address* client) {
  if (client == nullptr || !client->is_ip()) return std::nullopt;
  const sockaddr* const raw = client->raw();
  const void* const bytes =
      raw->sa_family == AF_INET
          ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(raw)->sin_addr)
          : &reinterpret_cast<const sockaddr_in6*>(raw)->sin6_addr;
  char text[INET6_ADDRSTRLEN];
  if (inet_ntop(raw->sa_family, bytes, text, sizeof(text)) == nullptr) return std::nullopt;
  return XxHash64(text);
}

}  // namespace weir::routing
