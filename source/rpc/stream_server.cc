#include "source/rpc/stream_server.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <mutex>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "source/rpc/completion_thread.h"
#include "source/rpc/grpc_log.h"
#include "source/rpc/grpc_types.h"
#include "source/rpc/stream_call.h"

namespace weir::rpc {
namespace {

class ServerCall;

// Waits for calls, knows those that are open, and hands new ones to the loop.
class Acceptor {
 public:
  Acceptor(event::Loop& loop, Server::OnStream on_stream)
      : loop_(loop), on_stream_(std::make_shared<Server::OnStream>(std::move(on_stream))) {}

  grpc::AsyncGenericService& service() { return service_; }
  void Run(CompletionThread& thread, grpc::ServerCompletionQueue& queue);

  // Completion thread. A call that comes while the server stops is let go of.
  void Accept(std::shared_ptr<ServerCall> call);
  void Forget(const ServerCall* call);

  // Loop's thread: no call is accepted any more, those that are open are cancelled.
  void Stop();

 private:
  void AwaitNextLocked();

  event::Loop& loop_;
  // Posted work shares it, and does nothing once it is empty.
  const std::shared_ptr<Server::OnStream> on_stream_;
  grpc::AsyncGenericService service_;
  CompletionThread* thread_ = nullptr;
  grpc::ServerCompletionQueue* queue_ = nullptr;
  std::mutex mutex_;
  bool is_stopping_ = false;
  absl::flat_hash_map<const ServerCall*, std::shared_ptr<ServerCall>> open_;
};

// The server's end of a streaming call.
class ServerCall final : public StreamCall {
 public:
  ServerCall(event::Loop& loop, CompletionThread& thread, Acceptor& acceptor)
      : StreamCall(loop, thread), acceptor_(acceptor) {}

  void Await(grpc::AsyncGenericService& service, grpc::ServerCompletionQueue& queue) {
    std::lock_guard<std::mutex> lock(mutex_);
    service.RequestCall(&context_, &stream_, &queue, &queue, accept_.Begin());
  }
  void Start(BidiStreamHandler& handler) {
    Listen(handler);
    std::lock_guard<std::mutex> lock(mutex_);
    BeginReading();
  }
  void Finish(const absl::Status& status) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (state_ != State::kOpen || loop_ == nullptr) return;
    status_ = status;
    EndLocked();
  }

  const std::string& method() const { return context_.method(); }
  const std::string& peer() const { return peer_; }
  const Metadata& metadata() const { return metadata_; }

 private:
  void OnAccepted(bool ok) {
    if (!ok) return;  // the server is stopping
    peer_ = context_.peer();
    for (const auto& [key, value] : context_.client_metadata()) {
      metadata_.emplace_back(std::string(key.data(), key.size()),
                             std::string(value.data(), value.size()));
    }
    {
      std::lock_guard<std::mutex> lock(mutex_);
      state_ = State::kOpen;
    }
    acceptor_.Accept(std::static_pointer_cast<ServerCall>(shared_from_this()));
  }

  void StartRead(void* tag) override { stream_.Read(&incoming_, tag); }
  void StartWrite(std::string_view bytes, void* tag) override {
    stream_.Write(ToByteBuffer(bytes), tag);
  }
  void StartFinish(void* tag) override { stream_.Finish(ToGrpcStatus(status_), tag); }
  void Cancel() override { context_.TryCancel(); }
  std::string TakeMessage() override {
    std::string message = ToString(incoming_);
    incoming_.Clear();
    return message;
  }
  absl::Status EndStatus() override { return status_; }
  // The client has sent all it had, which is no reason to keep answers from it.
  bool writes_after_reading() const override { return true; }
  void OnClosed() override { acceptor_.Forget(this); }

  Acceptor& acceptor_;
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_{&context_};
  grpc::ByteBuffer incoming_;
  std::string peer_;
  Metadata metadata_;
  absl::Status status_;
  Step accept_{*this, static_cast<void (StreamCall::*)(bool)>(&ServerCall::OnAccepted)};
};

class ServerStream final : public IncomingStream {
 public:
  explicit ServerStream(std::shared_ptr<ServerCall> call) : call_(std::move(call)) {}
  ~ServerStream() override { call_->Abandon(); }

  void Send(std::string bytes) override { call_->Send(std::move(bytes)); }
  void PauseReading() override { call_->PauseReading(); }
  void ResumeReading() override { call_->ResumeReading(); }
  const std::string& method() const override { return call_->method(); }
  const std::string& peer() const override { return call_->peer(); }
  const Metadata& metadata() const override { return call_->metadata(); }
  void Start(BidiStreamHandler& handler) override { call_->Start(handler); }
  void Finish(const absl::Status& status) override { call_->Finish(status); }

 private:
  const std::shared_ptr<ServerCall> call_;
};

void Acceptor::Run(CompletionThread& thread, grpc::ServerCompletionQueue& queue) {
  thread_ = &thread;
  queue_ = &queue;
  std::lock_guard<std::mutex> lock(mutex_);
  AwaitNextLocked();
}

void Acceptor::AwaitNextLocked() {
  std::make_shared<ServerCall>(loop_, *thread_, *this)->Await(service_, *queue_);
}

void Acceptor::Accept(std::shared_ptr<ServerCall> call) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (is_stopping_) return;
  thread_->CallOpened();
  open_.emplace(call.get(), call);
  AwaitNextLocked();
  loop_.Post([call = std::move(call), on_stream = on_stream_]() mutable {
    if (*on_stream) (*on_stream)(std::make_unique<ServerStream>(std::move(call)));
  });
}

void Acceptor::Forget(const ServerCall* call) {
  std::lock_guard<std::mutex> lock(mutex_);
  open_.erase(call);
}

void Acceptor::Stop() {
  *on_stream_ = nullptr;
  absl::flat_hash_map<const ServerCall*, std::shared_ptr<ServerCall>> open;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    is_stopping_ = true;
    open = open_;
  }
  for (const auto& [key, call] : open) call->Abandon();
}

class GrpcServer final : public Server {
 public:
  GrpcServer(event::Loop& loop, OnStream on_stream) : acceptor_(loop, std::move(on_stream)) {}

  ~GrpcServer() override {
    if (server_ == nullptr) return;
    acceptor_.Stop();
    server_->Shutdown(std::chrono::system_clock::now());
    thread_.reset();
  }

  absl::Status Listen(const std::string& address, const Options& options) {
    RouteGrpcLog();
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
    builder.RegisterAsyncGenericService(&acceptor_.service());
    builder.SetMaxReceiveMessageSize(static_cast<int>(options.max_message_bytes));
    // Two servers on one port would share the clients between them, by accident.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                               static_cast<int>(options.min_ping_interval_ms));
    if (options.keepalive_ms > 0) {
      builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS,
                                 static_cast<int>(options.keepalive_ms));
      builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    }
    std::unique_ptr<grpc::ServerCompletionQueue> queue = builder.AddCompletionQueue();
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || (port == 0 && !IsPath(address))) {
      if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
      server_ = nullptr;
      queue->Shutdown();
      void* tag;
      bool ok;
      while (queue->Next(&tag, &ok)) {
      }
      return absl::UnavailableError(absl::StrCat("cannot listen on ", address));
    }
    address_ = IsPath(address) ? address : WithPort(address, port);
    grpc::ServerCompletionQueue& calls = *queue;
    thread_ = std::make_unique<CompletionThread>(std::move(queue));
    acceptor_.Run(*thread_, calls);
    return absl::OkStatus();
  }

  const std::string& address() const override { return address_; }

 private:
  static bool IsPath(const std::string& address) { return address.rfind("unix:", 0) == 0; }
  static std::string WithPort(const std::string& address, int port) {
    return absl::StrCat(address.substr(0, address.rfind(':')), ":", port);
  }

  Acceptor acceptor_;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<CompletionThread> thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(event::Loop& loop, const std::string& address,
                                                      OnStream on_stream, const Options& options) {
  auto server = std::make_unique<GrpcServer>(loop, std::move(on_stream));
  absl::Status status = server->Listen(address, options);
  if (!status.ok()) return status;
  return server;
}

}  // namespace weir::rpc
