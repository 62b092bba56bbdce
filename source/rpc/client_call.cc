// Tested by test/rpc/channel_test.cc

#include "source/rpc/client_call.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>

#include <utility>

#include "source/rpc/grpc_types.h"

namespace weir::rpc {
namespace {

class ClientCall final : public StreamCall {
 public:
  using StreamCall::StreamCall;

  void Start(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
             const Metadata& metadata) {
    std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& [key, value] : metadata) context_.AddMetadata(key, value);
    stream_ = grpc::GenericStub(channel).PrepareCall(&context_, method, &thread_.queue());
    thread_.CallOpened();
    stream_->StartCall(open_.Begin());
  }

 private:
  void StartRead(void* tag) override { stream_->Read(&incoming_, tag); }
  void StartWrite(std::string_view bytes, void* tag) override {
    stream_->Write(ToByteBuffer(bytes), tag);
  }
  void StartFinish(void* tag) override { stream_->Finish(&status_, tag); }
  void Cancel() override { context_.TryCancel(); }
  std::string TakeMessage() override {
    std::string message = ToString(incoming_);
    incoming_.Clear();
    return message;
  }
  absl::Status EndStatus() override { return ToStatus(status_); }
  // The server has ended the call: it reads nothing more.
  bool writes_after_reading() const override { return false; }

  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  grpc::ByteBuffer incoming_;
  grpc::Status status_;
  Step open_{*this, &ClientCall::OnOpened};
};

class ClientStream final : public BidiStream {
 public:
  ClientStream(std::shared_ptr<CompletionThread> thread, std::shared_ptr<ClientCall> call)
      : thread_(std::move(thread)), call_(std::move(call)) {}
  ~ClientStream() override { call_->Abandon(); }

  void Send(std::string bytes) override { call_->Send(std::move(bytes)); }
  void PauseReading() override { call_->PauseReading(); }
  void ResumeReading() override { call_->ResumeReading(); }

 private:
  // Destroyed last: joining the thread waits for the call.
  const std::shared_ptr<CompletionThread> thread_;
  const std::shared_ptr<ClientCall> call_;
};

}  // namespace

std::unique_ptr<BidiStream> StartClientCall(event::Loop& loop,
                                            std::shared_ptr<CompletionThread> thread,
                                            const std::shared_ptr<grpc::Channel>& channel,
                                            std::string_view method, const Metadata& metadata,
                                            BidiStreamHandler& handler) {
  auto call = std::make_shared<ClientCall>(loop, *thread);
  call->Listen(handler);
  call->Start(channel, std::string(method), metadata);
  return std::make_unique<ClientStream>(std::move(thread), std::move(call));
}

}  // namespace weir::rpc
