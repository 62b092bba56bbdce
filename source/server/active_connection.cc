#include "source/server/active_connection.h"

#include <atomic>
#include <utility>

#include "source/server/connection_log.h"

namespace weir::server {

namespace {

uint64_t NextConnectionId() {
  static std::atomic<uint64_t> next{0};
  return next.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

WorkerChain::WorkerChain(event::Loop& loop, std::string listener_name,
                         std::shared_ptr<const FilterChain> chain, Listener& listener)
    : loop_(loop),
      listener_name_(std::move(listener_name)),
      chain_(std::move(chain)),
      listener_(listener),
      cut_timer_(loop, [this] { CloseAll(); }) {}

WorkerChain::~WorkerChain() {
  while (!connections_.empty()) delete &connections_.PopFront();
}

void WorkerChain::Accept(const ListenerConfig& config, const filter::AcceptedSocket& socket) {
  auto* connection = new ActiveConnection(*this, config, socket);  // owned by the list
  connections_.PushBack(*connection);
  connection->Start();
}

void WorkerChain::Drain(int64_t patience_ms) {
  is_draining_ = true;
  cut_timer_.Arm(patience_ms);
  connections_.ForEach([](ActiveConnection& connection) { connection.Drain(); });
}

void WorkerChain::CloseAll() {
  connections_.ForEach([](ActiveConnection& connection) { connection.Cut(); });
}

ActiveConnection::ActiveConnection(WorkerChain& chain, const ListenerConfig& config,
                                   const filter::AcceptedSocket& socket)
    : chain_(chain), opened_ns_(socket.accepted_ns) {
  info_.id = NextConnectionId();
  info_.SetAddresses(socket.remote, socket.local);
  info_.listener_name = chain.listener_name_;
  info_.filter_chain_name = chain.chain_->name;
  const filter::ConnectionContext context{chain.loop_, info_, chain.is_draining_};
  for (const auto& gate : chain.chain_->gates) gates_.push_back(gate->CreateGate(context));
  net::ConnectionHandler& handler = *this;
  connection_ =
      std::make_unique<net::Connection>(chain.loop_, socket.fd, handler, config.connection);
  connection_->set_addresses(socket.local, socket.remote);
}

ActiveConnection::~ActiveConnection() = default;

// One that waits calls back, perhaps when the connection was cut meanwhile.
void ActiveConnection::AskGates(size_t from) {
  if (connection_->is_closing()) return;
  for (size_t i = from; i < gates_.size(); ++i) {
    const auto verdict =
        gates_[i]->OnConnection(*connection_, [this, next = i + 1] { AskGates(next); });
    if (verdict == filter::GateFilter::Verdict::kWait) return;
    if (verdict == filter::GateFilter::Verdict::kClose) {
      connection_->Close(net::CloseMode::kNow);
      return;
    }
  }
  Serve();
}

// Not before: a terminal filter may dial its upstream as soon as it has the connection.
void ActiveConnection::Serve() {
  terminal_ = chain_.chain_->terminal->CreateTerminal({chain_.loop_, info_, chain_.is_draining_});
  terminal_->set_owner(*this);
  connection_->set_handler(*terminal_);
  terminal_->OnConnection(*connection_);
  connection_->Start();
}

void ActiveConnection::Drain() {
  if (terminal_ != nullptr) terminal_->OnDrain();
}

filter::StreamInfo ActiveConnection::Describe() const {
  filter::StreamInfo info;
  info.bytes_received = connection_->bytes_read();
  info.bytes_sent = connection_->bytes_written();
  info.remote = &info_.direct_remote;
  if (terminal_ != nullptr) terminal_->DescribeConnection(info);
  info.connection = &info_;
  SetLifetime(chain_.loop_, opened_ns_, info);
  return info;
}

void ActiveConnection::OnConnectionEnded() {
  Unlink();
  chain_.loop_.DeleteLater(std::unique_ptr<event::Deletable>(this));
  chain_.listener_.OnConnectionGone(chain_, *this);
}

}  // namespace weir::server
