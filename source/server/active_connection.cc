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

void WorkerChain::Accept(const ListenerConfig& config, const filter::AcceptedSocket& socket,
                         std::shared_ptr<const std::vector<std::string>> names) {
  auto* connection =
      new ActiveConnection(*this, config, socket, std::move(names));  // owned by the list
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
                                   const filter::AcceptedSocket& socket,
                                   std::shared_ptr<const std::vector<std::string>> names)
    : chain_(chain), opened_ns_(socket.accepted_ns) {
  info_.id = NextConnectionId();
  info_.SetAddresses(socket.remote, socket.local);
  info_.is_redirected = socket.is_redirected;
  info_.listener_name = chain.listener_name_;
  info_.filter_chain_name = chain.chain_->name;
  info_.server_name = socket.server_name;
  info_.chain_names = std::move(names);
  const filter::ConnectionContext context{chain.loop_, info_, chain.is_draining_};
  for (const auto& gate : chain.chain_->gates) gates_.push_back(gate->CreateGate(context));
  net::ConnectionHandler& handler = *this;
  connection_ = std::make_unique<net::Connection>(chain.loop_, socket.fd, handler,
                                                  config.connection, CreateTransport());
  info_.transport = connection_->transport();
}

std::unique_ptr<net::TransportSocket> ActiveConnection::CreateTransport() {
  const net::ServerTransportFactory* const factory = chain_.chain_->transport.get();
  if (factory == nullptr) return nullptr;
  info_.is_secure = factory->is_secure();
  auto made = factory->Create();
  if (made.ok()) return std::move(*made);
  has_transport_fault_ = true;
  return nullptr;
}

void ActiveConnection::Start() {
  if (!has_transport_fault_) return AskGates(0);
  // Never plaintext instead.
  info_.termination_details = "transport_socket_not_ready";
  chain_.listener_.OnTransportFault(TransportFault::kNotMade);
  connection_->Close(net::CloseMode::kReset);
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
  BoundHandshake();
}

void ActiveConnection::BoundHandshake() {
  const int64_t timeout_ms = chain_.chain_->transport_connect_timeout_ms;
  if (connection_->transport() == nullptr || timeout_ms <= 0) return;
  handshake_timer_ = std::make_unique<event::Timer>(chain_.loop_, [this] { OnHandshakeTimer(); });
  handshake_timer_->Arm(timeout_ms);
}

void ActiveConnection::OnHandshakeTimer() {
  if (connection_->transport()->is_established() || connection_->is_closing()) return;
  info_.termination_details = "transport_socket_connect_timeout";
  chain_.listener_.OnTransportFault(TransportFault::kTimeout);
  connection_->Close(net::CloseMode::kNow);
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
