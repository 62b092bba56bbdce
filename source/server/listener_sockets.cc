#include "source/server/listener_sockets.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <string>
#include <utility>

#include "source/base/log.h"

namespace weir::server {

namespace {

bool SharesPort(int fd) {
  int value = 0;
  socklen_t size = sizeof value;
  return getsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &value, &size) == 0 && value != 0;
}

base::Descriptor CopyOf(int fd) { return base::Descriptor(fcntl(fd, F_DUPFD_CLOEXEC, 0)); }

// SO_REUSEPORT would share the port with whoever has it already; this asks without.
absl::Status BindAlone(const net::Address& address, net::ListenOptions options) {
  options.reuse_port = false;
  const auto probe = net::BindListenSocket(address, options);
  if (!probe.ok()) return probe.status();
  base::Descriptor(*probe).Reset();
  return absl::OkStatus();
}

}  // namespace

std::unique_ptr<ListenerSockets> ListenerSockets::Bind(const ListenerConfig& config,
                                                       const Context& context,
                                                       config::Faults& faults) {
  auto sockets = std::make_unique<ListenerSockets>();
  sockets->by_worker_.resize(context.worker_count);
  for (const net::Address& address : config.addresses) {
    sockets->distinct_.emplace_back();
    if (context.worker_count == 0 || !config.bind_to_port) {
      sockets->addresses_.push_back(address);
      continue;
    }
    restart::TakenSockets taken;
    if (context.inherited != nullptr) taken = context.inherited->Take(config.name, address);
    if (!taken.descriptors.empty()) {
      sockets->Adopt(std::move(taken), config, context.worker_count);
    } else if (!sockets->BindAddress(address, config, context, faults)) {
      return nullptr;
    }
  }
  return sockets;
}

bool ListenerSockets::BindAddress(const net::Address& address, const ListenerConfig& config,
                                  const Context& context, config::Faults& faults) {
  const bool one_each = config.socket.reuse_port && address.is_ip();
  if (one_each && address.port() != 0 && !context.has_other_version) {
    if (const absl::Status alone = BindAlone(address, config.socket); !alone.ok()) {
      faults.Add("address", std::string(alone.message()));
      return false;
    }
  }
  net::Address bound = address;
  for (size_t i = 0; i < context.worker_count; ++i) {
    if (i > 0 && !one_each) {
      AddSocket(i, CopyOf(distinct_.back().front()));
      continue;
    }
    const auto fd = net::BindListenSocket(bound, config.socket);
    if (!fd.ok()) {
      faults.Add("address", std::string(fd.status().message()));
      return false;
    }
    distinct_.back().push_back(*fd);
    AddSocket(i, base::Descriptor(*fd));
    if (const auto actual = net::BoundAddress(*fd); actual.ok()) bound = *actual;
  }
  addresses_.push_back(bound);
  return true;
}

// Each of them goes to some worker, however many there are of both: one that nobody accepts from
// would still be given its share of the connections.
void ListenerSockets::Adopt(restart::TakenSockets taken, const ListenerConfig& config,
                            size_t worker_count) {
  const size_t count = taken.descriptors.size();
  const int first = taken.descriptors.front().get();
  const auto bound = net::BoundAddress(first);
  addresses_.push_back(bound.ok() ? *bound : config.addresses[addresses_.size()]);
  outlive_us_ = outlive_us_ || taken.outlive_us;
  const bool one_each = config.socket.reuse_port && SharesPort(first) && !taken.outlive_us;
  for (size_t i = 0; i < count; ++i) {
    distinct_.back().push_back(taken.descriptors[i].get());
    AddSocket(i % worker_count, std::move(taken.descriptors[i]));
  }
  for (size_t i = count; i < worker_count; ++i) {
    if (one_each) {
      if (const auto more = net::BindListenSocket(addresses_.back(), config.socket); more.ok()) {
        distinct_.back().push_back(*more);
        AddSocket(i, base::Descriptor(*more));
        continue;
      }
      // As when another user bound the first one: the kernel does not let the port be shared.
    }
    AddSocket(i, CopyOf(distinct_.back()[i % count]));
  }
}

void ListenerSockets::AddSocket(size_t worker, base::Descriptor socket) {
  by_worker_[worker].push_back(std::move(socket));
}

bool ListenerSockets::IsBoundTo(const net::Address& address) const {
  return std::find(addresses_.begin(), addresses_.end(), address) != addresses_.end();
}

std::vector<int> ListenerSockets::HandToWorker(size_t index, const ListenerConfig& config) {
  std::vector<int> fds;
  for (base::Descriptor& socket : by_worker_[index]) {
    const absl::Status status =
        net::StartListening(socket.get(), config.socket.backlog, config.socket.socket_options);
    if (!status.ok()) {
      WEIR_LOG(kError, "listener", "listener \"", config.name,
               "\": ", std::string(status.message()));
    }
    fds.push_back(socket.Release());
  }
  by_worker_[index].clear();
  return fds;
}

restart::LentSockets ListenerSockets::Lend(bool is_name, const net::Address& address) {
  restart::LentSockets lent;
  for (size_t i = 0; i < addresses_.size(); ++i) {
    const bool is_any_port =
        address.is_ip() && address.port() == 0 && is_name && addresses_[i].WithPort(0) == address;
    if (!is_any_port && !(addresses_[i] == address)) continue;
    lent.descriptors = distinct_[i];
    lent.outlive_us = outlive_us_;
    is_lent_ = is_lent_ || !lent.descriptors.empty();
    return lent;
  }
  return lent;
}

}  // namespace weir::server
