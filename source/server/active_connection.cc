#include "source/server/active_connection.h"

#include <atomic>
#include <utility>

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
    : chain_(chain), opened_ms_(chain.loop_.now_ms()) {
  info_.id = NextConnectionId();
  info_.direct_remote = socket.remote;
  info_.local = socket.local;
  info_.direct_remote_text = socket.remote.ToString();
  info_.local_text = socket.local.ToString();
  info_.listener_name = chain.listener_name_;
  info_.filter_chain_name = chain.chain_->name;
  const filter::ConnectionContext context{chain.loop_, info_, chain.is_draining_};
  terminal_ = chain.chain_->terminal->CreateTerminal(context);
  terminal_->set_owner(*this);
  for (const auto& gate : chain.chain_->gates) gates_.push_back(gate->CreateGate(context));
  connection_ =
      std::make_unique<net::Connection>(chain.loop_, socket.fd, *terminal_, config.connection);
  connection_->set_addresses(socket.local, socket.remote);
}

ActiveConnection::~ActiveConnection() = default;

void ActiveConnection::Start() {
  terminal_->OnConnection(*connection_);
  AskGates(0);
}

// The connection starts once every gate let it pass; one that waits calls back.
void ActiveConnection::AskGates(size_t from) {
  for (size_t i = from; i < gates_.size(); ++i) {
    const auto verdict =
        gates_[i]->OnConnection(*connection_, [this, next = i + 1] { AskGates(next); });
    if (verdict == filter::GateFilter::Verdict::kWait) return;
    if (verdict == filter::GateFilter::Verdict::kClose) {
      connection_->Close(net::CloseMode::kNow);
      return;
    }
  }
  connection_->Start();
}

void ActiveConnection::OnConnectionEnded() {
  Unlink();
  event::Loop& loop = chain_.loop_;
  loop.DeleteLater(std::unique_ptr<event::Deletable>(this));
  chain_.listener_.OnConnectionGone(chain_, loop.now_ms() - opened_ms_);
}

}  // namespace weir::server
