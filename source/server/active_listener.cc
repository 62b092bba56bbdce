#include "source/server/active_listener.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "source/base/descriptor.h"
#include "source/base/log.h"

namespace weir::server {

namespace {

constexpr int64_t kAcceptRetryMs = 100;

}  // namespace

// One listening socket. Accepts a bounded number a turn, so that a flood of connections does not
// starve those that are open.
class ActiveListener::Socket final : private event::FdHandler {
 public:
  Socket(ActiveListener& listener, int fd)
      : listener_(listener),
        fd_(fd),
        event_(listener.loop_, fd, *this),
        retry_timer_(listener.loop_, [this] { event_.EnableRead(); }) {
    event_.EnableRead();
  }

  // Until nothing waits any more, or `most` were taken.
  void Accept(uint32_t most) {
    for (uint32_t i = 0; i < most; ++i) {
      sockaddr_storage remote{};
      socklen_t size = sizeof remote;
      const int fd = accept4(fd_.get(), reinterpret_cast<sockaddr*>(&remote), &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) {
        const bool is_passing = errno == ECONNABORTED || errno == EINTR;
        if (is_passing) continue;
        if (errno != EAGAIN) OnFailure(errno);
        return;
      }
      sockaddr_storage local{};
      socklen_t local_size = sizeof local;
      getsockname(fd, reinterpret_cast<sockaddr*>(&local), &local_size);
      listener_.OnAccepted(
          fd, net::Address::FromSockaddr(reinterpret_cast<sockaddr*>(&remote), size),
          net::Address::FromSockaddr(reinterpret_cast<sockaddr*>(&local), local_size));
    }
  }

  void AcceptRest() {
    // No new handshake is completed while the queue is emptied.
    listen(fd_.get(), 0);
    Accept(UINT32_MAX);
  }

 private:
  void OnReadable() override { Accept(listener_.config_->max_accepts_per_turn); }
  void OnWritable() override {}

  // Out of descriptors or memory, as a rule. What waits stays in the backlog; asking again at once
  // would spin.
  void OnFailure(int error) {
    WEIR_LOG(kWarning, "listener", "cannot accept on ", listener_.config_->name, ": errno ", error);
    event_.DisableRead();
    retry_timer_.Arm(kAcceptRetryMs);
  }

  ActiveListener& listener_;
  // Closed after its event has ended: another process may have the same socket, and the kernel goes
  // on reporting what is registered until the last one closes it.
  const base::Descriptor fd_;
  event::FdEvent event_;
  event::Timer retry_timer_;
};

ActiveListener::ActiveListener(event::Loop& loop, std::shared_ptr<const ListenerConfig> config,
                               std::vector<int> fds, ConnectionLimit& limit, int64_t drain_ms)
    : loop_(loop),
      config_(std::move(config)),
      stats_(&config_->stats->Here()),
      limit_(limit),
      drain_ms_(drain_ms),
      sweep_timer_(loop, [this] { DropEmptyChains(); }) {
  for (const int fd : fds) sockets_.push_back(std::make_unique<Socket>(*this, fd));
}

ActiveListener::~ActiveListener() {
  while (!runs_.empty()) delete &runs_.PopFront();
}

void ActiveListener::OnAccepted(int fd, const net::Address& remote, const net::Address& local) {
  if (!limit_.TryTake()) {
    stats_->downstream_global_cx_overflow.Add();
    close(fd);
    return;
  }
  filter::AcceptedSocket socket;
  socket.fd = fd;
  socket.remote = socket.direct_remote = remote;
  socket.local = local;
  socket.transport_protocol = "raw_buffer";
  socket.accepted_ns = loop_.now_ns();
  Take(std::move(socket));
}

void ActiveListener::Take(filter::AcceptedSocket socket) {
  if (config_->listener_filters.empty()) {
    ChooseChain(socket);
    return;
  }
  stats_->downstream_pre_cx_active.Add();
  auto* run = new ListenerFilterRun(loop_, config_, std::move(socket), *this);  // the list's
  runs_.PushBack(*run);
  run->Start();
}

void ActiveListener::OnRunDone(ListenerFilterRun& run, ListenerFilterRun::Outcome outcome,
                               const filter::AcceptedSocket& socket) {
  using Outcome = ListenerFilterRun::Outcome;
  stats_->downstream_pre_cx_active.Sub();
  run.Unlink();
  loop_.DeleteLater(std::unique_ptr<event::Deletable>(&run));
  if (outcome == Outcome::kDone) {
    ActiveListener* const other = OwnerOf(socket);
    if (other == nullptr) return ChooseChain(socket);
    other->Take(socket);
    if (is_draining_) sweep_timer_.Arm(0);
    return;
  }
  const bool is_late = outcome == Outcome::kTimeout;
  (is_late ? stats_->downstream_pre_cx_timeout : stats_->downstream_listener_filter_error).Add();
  Refuse(socket, is_late ? Refusal::kListenerFilterTimeout : Refusal::kListenerFilter);
  if (is_draining_) sweep_timer_.Arm(0);
}

// Never on to a third one: where the connection was going stays the same.
ActiveListener* ActiveListener::OwnerOf(const filter::AcceptedSocket& socket) const {
  if (!config_->hands_over || !socket.is_redirected || neighbours_ == nullptr) return nullptr;
  ActiveListener* const found = neighbours_->Find(socket.local);
  return found == this ? nullptr : found;
}

void ActiveListener::ChooseChain(const filter::AcceptedSocket& socket) {
  ListenerConfig::Choice choice = config_->ChainFor(socket);
  if (choice.chain == nullptr) {
    stats_->no_filter_chain_match.Add();
    close(socket.fd);
    Refuse(socket, Refusal::kNoFilterChain);
    return;
  }
  stats_->downstream_cx_total.Add();
  stats_->downstream_cx_active.Add();
  ChainOf(*choice.chain).Accept(*config_, socket, std::move(choice.server_names));
}

// The descriptor is closed already, or belongs to the run of the listener filters.
void ActiveListener::Refuse(const filter::AcceptedSocket& socket, Refusal why) {
  limit_.GiveBack();
  LogRefused(*config_, loop_, socket, why);
}

WorkerChain& ActiveListener::ChainOf(const std::shared_ptr<const FilterChain>& chain) {
  for (const auto& known : chains_) {
    if (known->chain() == chain && known->is_draining() == is_draining_) return *known;
  }
  WorkerChain::Listener& self = *this;
  chains_.push_back(std::make_unique<WorkerChain>(loop_, config_->name, chain, self));
  if (is_draining_) chains_.back()->Drain(drain_ms_);
  return *chains_.back();
}

void ActiveListener::OnConnectionGone(WorkerChain& chain, const ActiveConnection& connection) {
  limit_.GiveBack();
  stats_->downstream_cx_active.Sub();
  stats_->downstream_cx_destroy.Add();
  stats_->downstream_cx_length_ms.Record(
      static_cast<uint64_t>(std::max<int64_t>(connection.lived_ms(), 0)));
  if (!config_->access_logs.empty()) config_->access_logs.Log(connection.Describe());
  // Not here: the chain is on the stack, and its last connection dies at the turn's end.
  if (chain.is_draining() && chain.empty()) sweep_timer_.Arm(0);
}

void ActiveListener::OnTransportFault(TransportFault fault) {
  const bool is_late = fault == TransportFault::kTimeout;
  (is_late ? stats_->downstream_cx_transport_socket_connect_timeout
           : stats_->downstream_cx_transport_not_ready)
      .Add();
}

void ActiveListener::Update(std::shared_ptr<const ListenerConfig> config) {
  config_ = std::move(config);
  stats_ = &config_->stats->Here();
  const auto all = config_->AllChains();
  for (const auto& chain : chains_) {
    if (std::find(all.begin(), all.end(), chain->chain()) == all.end()) DrainChain(*chain);
  }
}

void ActiveListener::DrainChain(WorkerChain& chain) {
  if (chain.is_draining()) return;
  chain.Drain(drain_ms_);
  if (chain.empty()) sweep_timer_.Arm(0);
}

void ActiveListener::Drain(Queues queues) {
  if (is_draining_) return;
  if (queues == Queues::kTaken) {
    for (const auto& socket : sockets_) socket->AcceptRest();
  }
  sockets_.clear();
  is_draining_ = true;
  for (const auto& chain : chains_) DrainChain(*chain);
  sweep_timer_.Arm(0);
}

void ActiveListener::CloseAll() {
  for (const auto& chain : chains_) chain->CloseAll();
  while (!runs_.empty()) {
    const std::unique_ptr<ListenerFilterRun> run(&runs_.PopFront());
    stats_->downstream_pre_cx_active.Sub();
    Refuse(run->socket(), Refusal::kListenerEnded);
  }
  sweep_timer_.Arm(0);
}

void ActiveListener::DropEmptyChains() {
  chains_.erase(std::remove_if(chains_.begin(), chains_.end(),
                               [](const std::unique_ptr<WorkerChain>& chain) {
                                 return chain->is_draining() && chain->empty();
                               }),
                chains_.end());
  if (is_draining_ && empty() && when_empty_) std::exchange(when_empty_, nullptr)();
}

void ActiveListener::WhenEmpty(std::function<void()> done) {
  when_empty_ = std::move(done);
  sweep_timer_.Arm(0);
}

}  // namespace weir::server
