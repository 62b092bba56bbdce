#include "source/server/filter_chain_match.h"

#include <algorithm>

#include "absl/container/inlined_vector.h"

namespace weir::server {

namespace {

using filter::AcceptedSocket;

// How well one criterion of a chain fits: kNoFit, 0 for "not asked", more for more specific.
constexpr int kNoFit = -1;
using Score = int (*)(const FilterChainMatch&, const AcceptedSocket&);

int ScoreRanges(const std::vector<net::CidrRange>& ranges, const net::Address& address) {
  if (ranges.empty()) return 0;
  int best = kNoFit;
  for (const net::CidrRange& range : ranges) {
    if (range.Contains(address)) best = std::max(best, 1 + static_cast<int>(range.prefix_bits()));
  }
  return best;
}

int ScoreServerName(const FilterChainMatch& match, const AcceptedSocket& socket) {
  if (match.server_names.empty()) return 0;
  int best = kNoFit;
  const std::string_view asked = socket.server_name;
  for (const std::string_view name : match.server_names) {
    if (name == asked) return 1'000'000;  // exact beats every wildcard
    const bool is_wildcard = name.size() > 2 && name[0] == '*';
    if (is_wildcard && asked.size() > name.size() - 1 && asked.ends_with(name.substr(1))) {
      best = std::max(best, static_cast<int>(name.size()));
    }
  }
  return best;
}

int ScoreApplication(const FilterChainMatch& match, const AcceptedSocket& socket) {
  if (match.application_protocols.empty()) return 0;
  const auto& offered = socket.application_protocols;
  const bool fits =
      std::any_of(match.application_protocols.begin(), match.application_protocols.end(),
                  [&offered](const std::string& protocol) {
                    return std::find(offered.begin(), offered.end(), protocol) != offered.end();
                  });
  return fits ? 1 : kNoFit;
}

bool IsLocal(const AcceptedSocket& socket) {
  static const net::CidrRange kLoopbackV4 = *net::CidrRange::Create("127.0.0.0", 8);
  static const net::CidrRange kLoopbackV6 = *net::CidrRange::Create("::1", 128);
  const net::Address& remote = socket.remote;
  return remote.is_pipe() || kLoopbackV4.Contains(remote) || kLoopbackV6.Contains(remote) ||
         remote.WithPort(0) == socket.local.WithPort(0);
}

int ScoreSourceType(const FilterChainMatch& match, const AcceptedSocket& socket) {
  if (match.source_type == FilterChainMatch::SourceType::kAny) return 0;
  const bool wants_local = match.source_type == FilterChainMatch::SourceType::kLocal;
  return wants_local == IsLocal(socket) ? 1 : kNoFit;
}

int ScoreSourcePort(const FilterChainMatch& match, const AcceptedSocket& socket) {
  if (match.source_ports.empty()) return 0;
  const auto& ports = match.source_ports;
  return std::find(ports.begin(), ports.end(), socket.remote.port()) != ports.end() ? 1 : kNoFit;
}

constexpr Score kCriteria[] = {
    [](const FilterChainMatch& match, const AcceptedSocket& socket) {
      if (match.destination_port == 0) return 0;
      return match.destination_port == socket.local.port() ? 1 : kNoFit;
    },
    [](const FilterChainMatch& match, const AcceptedSocket& socket) {
      return ScoreRanges(match.destinations, socket.local);
    },
    ScoreServerName,
    [](const FilterChainMatch& match, const AcceptedSocket& socket) {
      if (match.transport_protocol.empty()) return 0;
      return match.transport_protocol == socket.transport_protocol ? 1 : kNoFit;
    },
    ScoreApplication,
    [](const FilterChainMatch& match, const AcceptedSocket& socket) {
      return ScoreRanges(match.direct_sources, socket.direct_remote);
    },
    ScoreSourceType,
    [](const FilterChainMatch& match, const AcceptedSocket& socket) {
      return ScoreRanges(match.sources, socket.remote);
    },
    ScoreSourcePort,
};

}  // namespace

int FindFilterChain(const std::vector<FilterChainMatch>& matches, const AcceptedSocket& socket) {
  absl::InlinedVector<int, 16> left;
  for (size_t i = 0; i < matches.size(); ++i) left.push_back(static_cast<int>(i));
  for (const Score score : kCriteria) {
    int best = kNoFit;
    for (const int i : left) best = std::max(best, score(matches[i], socket));
    if (best == kNoFit) return -1;
    left.erase(std::remove_if(left.begin(), left.end(),
                              [&](int i) { return score(matches[i], socket) != best; }),
               left.end());
  }
  return left.front();
}

}  // namespace weir::server
