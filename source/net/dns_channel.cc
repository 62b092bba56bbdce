// Tested by test/net/dns_test.cc
#include "source/net/dns_channel.h"

#include <netinet/in.h>
#include <sys/time.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "source/base/check.h"
#include "source/base/strings.h"
#include "source/event/fd_event.h"

namespace weir::net {
namespace {

absl::Status ErrorOf(const char* what, int status) {
  return absl::UnavailableError(base::StrCat(what, ": ", ares_strerror(status)));
}

bool InitLibrary() {
  static const int status = ares_library_init(ARES_LIB_INIT_ALL);
  return status == ARES_SUCCESS;
}

DnsReply ReplyOf(int status, const ares_addrinfo* info) {
  DnsReply reply;
  if (status == ARES_ENOTFOUND) {
    reply.kind = DnsReply::Kind::kNoSuchName;
    return reply;
  }
  if (status != ARES_SUCCESS && status != ARES_ENODATA) {
    reply.error = ares_strerror(status);
    return reply;
  }
  int64_t ttl_s = INT64_MAX;
  for (const auto* node = info == nullptr ? nullptr : info->nodes; node; node = node->ai_next) {
    reply.addresses.push_back(Address::FromSockaddr(node->ai_addr, node->ai_addrlen).WithPort(0));
    ttl_s = std::min<int64_t>(ttl_s, node->ai_ttl);
  }
  // An address behind an alias is good only as long as the alias is.
  for (const auto* alias = info == nullptr ? nullptr : info->cnames; alias; alias = alias->next) {
    ttl_s = std::min<int64_t>(ttl_s, alias->ttl);
  }
  const bool is_empty = reply.addresses.empty();
  reply.kind = is_empty ? DnsReply::Kind::kNoAddresses : DnsReply::Kind::kFound;
  reply.ttl_s = is_empty ? 0 : std::max<int64_t>(ttl_s, 0);
  return reply;
}

}  // namespace

// Readiness of one of c-ares' sockets, from when c-ares opens it until it closes it.
class DnsChannel::Watch final : private event::FdHandler {
 public:
  Watch(DnsChannel& channel, int fd)
      : channel_(channel), fd_(fd), event_(channel.loop_, fd, static_cast<FdHandler&>(*this)) {}

  void Set(bool wants_read, bool wants_write) {
    wants_read ? event_.EnableRead() : event_.DisableRead();
    wants_write ? event_.EnableWrite() : event_.DisableWrite();
  }

 private:
  // Nothing after Process: it may have destroyed this.
  void OnReadable() override { channel_.Process(fd_, ARES_SOCKET_BAD); }
  void OnWritable() override { channel_.Process(ARES_SOCKET_BAD, fd_); }

  DnsChannel& channel_;
  const int fd_;
  event::FdEvent event_;
};

struct DnsChannel::Pending {
  DnsChannel& channel;
  OnReply on_reply;
};

DnsChannel::DnsChannel(event::Loop& loop, const DnsOptions& options)
    : loop_(loop),
      options_(options),
      timer_(loop, [this] { Process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); }) {}

absl::StatusOr<std::unique_ptr<DnsChannel>> DnsChannel::Create(event::Loop& loop,
                                                               const DnsOptions& options) {
  if (!InitLibrary()) return absl::InternalError("cannot initialise the resolver library");
  std::unique_ptr<DnsChannel> channel(new DnsChannel(loop, options));
  absl::Status opened = channel->Open();
  if (!opened.ok()) return opened;
  return channel;
}

DnsChannel::~DnsChannel() {
  if (channel_ != nullptr) ares_destroy(channel_);
}

absl::Status DnsChannel::Open() {
  ares_options options = {};
  char lookups[] = "fb";  // the hosts file, then DNS
  options.lookups = lookups;
  options.flags = options_.use_tcp ? ARES_FLAG_USEVC : 0;
  options.timeout = static_cast<int>(std::clamp<int64_t>(options_.query_timeout_ms, 1, 3'600'000));
  options.tries = std::max(options_.query_tries, 1);
  options.sock_state_cb = OnSocketStateThunk;
  options.sock_state_cb_data = this;
  const int mask = ARES_OPT_LOOKUPS | ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                   ARES_OPT_SOCK_STATE_CB;
  ares_channel channel = nullptr;
  const int status = ares_init_options(&channel, &options, mask);
  if (status != ARES_SUCCESS) return ErrorOf("cannot open a DNS channel", status);
  absl::Status set = SetResolvers(channel);
  if (!set.ok()) {
    ares_destroy(channel);
    return set;
  }
  ares_channel old = std::exchange(channel_, channel);
  if (old != nullptr) ares_destroy(old);
  return absl::OkStatus();
}

absl::Status DnsChannel::SetResolvers(ares_channel channel) const {
  if (options_.resolvers.empty()) return absl::OkStatus();
  std::vector<ares_addr_port_node> nodes(options_.resolvers.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    const Address& address = options_.resolvers[i];
    if (!address.is_ip()) {
      return absl::InvalidArgumentError(
          base::StrCat("a DNS resolver is not an IP address: '", address.ToString(), "'"));
    }
    ares_addr_port_node& node = nodes[i];
    node = {};
    node.next = i + 1 < nodes.size() ? &nodes[i + 1] : nullptr;
    node.family = address.family();
    node.udp_port = node.tcp_port = address.port() == 0 ? 53 : address.port();
    if (address.family() == AF_INET) {
      node.addr.addr4 = reinterpret_cast<const sockaddr_in*>(address.raw())->sin_addr;
    } else {
      const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address.raw());
      std::memcpy(&node.addr.addr6, &v6->sin6_addr, sizeof(v6->sin6_addr));
    }
  }
  const int status = ares_set_servers_ports(channel, nodes.data());
  return status == ARES_SUCCESS ? absl::OkStatus() : ErrorOf("cannot set DNS resolvers", status);
}

void DnsChannel::ReopenIfSuspect() {
  if (!is_suspect_ || pending_count_ > 0) return;
  // When there is no opening a new one, the old one is still the best there is.
  if (Open().ok()) is_suspect_ = false;
}

void DnsChannel::Ask(const std::string& name, int family, OnReply on_reply) {
  ReopenIfSuspect();
  ares_addrinfo_hints hints = {};
  // Sorting by RFC 6724 would open a socket an address, and undo the server's rotation.
  hints.ai_flags = ARES_AI_NOSORT;
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  ++pending_count_;
  ares_getaddrinfo(channel_, name.c_str(), nullptr, &hints, OnAddressInfo,
                   new Pending{*this, std::move(on_reply)});
  ArmTimer();
}

void DnsChannel::OnAddressInfo(void* argument, int status, int, ares_addrinfo* info) {
  const std::unique_ptr<Pending> pending(static_cast<Pending*>(argument));
  const std::unique_ptr<ares_addrinfo, void (*)(ares_addrinfo*)> owned(info, ares_freeaddrinfo);
  DnsChannel& channel = pending->channel;
  --channel.pending_count_;
  if (status == ARES_EDESTRUCTION) return;
  const bool may_be_outdated = status == ARES_ECONNREFUSED || status == ARES_ETIMEOUT;
  if (may_be_outdated && channel.options_.resolvers.empty()) channel.is_suspect_ = true;
  pending->on_reply(ReplyOf(status, info));
}

void DnsChannel::Process(int readable_fd, int writable_fd) {
  ares_process_fd(channel_, readable_fd, writable_fd);
  ArmTimer();
}

void DnsChannel::ArmTimer() {
  timeval wait;
  if (ares_timeout(channel_, nullptr, &wait) == nullptr) return timer_.Cancel();
  timer_.Arm(int64_t{wait.tv_sec} * 1000 + (wait.tv_usec + 999) / 1000);
}

void DnsChannel::OnSocketStateThunk(void* self, ares_socket_t fd, int readable, int writable) {
  static_cast<DnsChannel*>(self)->OnSocketState(fd, readable != 0, writable != 0);
}

void DnsChannel::OnSocketState(int fd, bool wants_read, bool wants_write) {
  if (!wants_read && !wants_write) {
    watches_.erase(fd);  // c-ares closes it next
    return;
  }
  std::unique_ptr<Watch>& watch = watches_[fd];
  if (watch == nullptr) watch = std::make_unique<Watch>(*this, fd);
  watch->Set(wants_read, wants_write);
}

}  // namespace weir::net
