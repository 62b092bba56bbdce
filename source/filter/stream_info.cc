// Tested by test/filter/substitution_format_test.cc
#include "source/filter/stream_info.h"

#include <set>

namespace weir::filter {

namespace {

// Names of versions and ciphers: there are few, and each is kept for the thread's life.
std::string_view Lasting(std::string_view name) {
  thread_local std::set<std::string, std::less<>> names;
  const auto found = names.find(name);
  return found != names.end() ? *found : *names.emplace(name).first;
}

}  // namespace

void StreamInfo::NoteUpstream(const net::SecureInfo& secure) {
  upstream_tls_version = Lasting(secure.protocol);
  upstream_tls_cipher = Lasting(secure.cipher);
  upstream_peer_certificate = secure.peer;
  upstream_local_certificate = secure.local;
}

}  // namespace weir::filter
