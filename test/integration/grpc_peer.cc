// A client and a server of gRPC as everybody runs them (grpc++), for integration tests: messages
// are bytes, methods have no schema.
//
//   grpc_peer serve                           prints "port N"; see Answer() for its methods
//   grpc_peer call PORT METHOD [key=value]…   makes a call, or several at once, and prints what
//   came
//
// Everything is blocking: each call has a thread and a completion queue of its own.
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using grpc::ByteBuffer;

constexpr int kServerThreads = 128;  // as many calls at once

void* Tag(int number) { return reinterpret_cast<void*>(static_cast<intptr_t>(number)); }

// The next operation of a queue that has one at most, or the end of a call (kDone).
constexpr int kStep = 1, kDone = 2;

ByteBuffer BufferOf(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return ByteBuffer(&slice, 1);
}

std::string StringOf(const ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  (void)buffer.Dump(&slices);
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

// A message whose bytes tell a lost or doubled one.
std::string MessageOf(size_t size, int number) {
  std::string bytes(size, 'x');
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>('a' + (i + number) % 23);
  return bytes;
}

void Print(const std::string& line) {
  static std::mutex mutex;
  const std::lock_guard<std::mutex> lock(mutex);
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

std::string Hex(std::string_view bytes) {
  std::string hex;
  char pair[3];
  for (const unsigned char byte : bytes) {
    std::snprintf(pair, sizeof(pair), "%02x", byte);
    hex += pair;
  }
  return hex;
}

// ---- server

class ServerCall {
 public:
  ServerCall(grpc::AsyncGenericService& service, grpc::ServerCompletionQueue& queue)
      : stream_(&context_), queue_(queue) {
    context_.AsyncNotifyWhenDone(Tag(kDone));
    service.RequestCall(&context_, &stream_, &queue, &queue, Tag(kStep));
  }

  // False: the server ends.
  bool WaitForCall() { return Step(); }
  void Answer();

 private:
  // Waits for what was asked for last. False: it failed.
  bool Step() { return WaitFor(kStep); }
  bool WaitFor(int wanted) {
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
      if (tag == Tag(kDone)) is_done_ = true;
      if (tag == Tag(wanted)) return ok;
    }
    return false;
  }
  bool Read(std::string& message) {
    ByteBuffer buffer;
    stream_.Read(&buffer, Tag(kStep));
    if (!Step()) return false;
    message = StringOf(buffer);
    return true;
  }
  bool Write(const std::string& message) {
    stream_.Write(BufferOf(message), Tag(kStep));
    return Step();
  }
  void Finish(const grpc::Status& status) {
    stream_.Finish(status, Tag(kStep));
    Step();
    while (!is_done_) WaitFor(kDone);
  }
  std::string Asked(const char* key) const {
    const auto found = context_.client_metadata().find(key);
    if (found == context_.client_metadata().end()) return "";
    return std::string(found->second.data(), found->second.size());
  }
  void EchoMetadata();

  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_;
  grpc::ServerCompletionQueue& queue_;
  bool is_done_ = false;
};

void ServerCall::EchoMetadata() {
  for (const auto& [key, value] : context_.client_metadata()) {
    const std::string name(key.data(), key.size());
    if (name.rfind("echo-", 0) != 0) continue;
    context_.AddInitialMetadata(name, {value.data(), value.size()});
    context_.AddTrailingMetadata("trailing-" + name, {value.data(), value.size()});
  }
}

// echo     each message comes back at once
// collect  one message with the bytes of all, when the client has ended
// spread   one message says "COUNT SIZE": as many come back
// fail     ends at once with the status that x-code and x-message name; x-first: after one message;
//          x-late: when the client has ended
// flaky    as fail until it was called x-failures times, then as collect
// stall    says nothing until the call is cancelled
void ServerCall::Answer() {
  static std::mutex mutex;
  static std::map<std::string, int> calls;
  EchoMetadata();
  const std::string method = context_.method().substr(context_.method().rfind('/') + 1);
  Print("called " + method + " " + std::to_string(context_.client_metadata().size()));
  std::string message, all;
  bool fails = method == "fail";
  if (method == "flaky") {
    const std::lock_guard<std::mutex> lock(mutex);
    fails = ++calls[Asked("x-key")] <= std::atoi(Asked("x-failures").c_str());
  }
  if (fails) {
    while (Asked("x-late") == "yes" && Read(message)) {
    }
    if (Asked("x-first") == "yes") Write("first");
    return Finish(
        {static_cast<grpc::StatusCode>(std::atoi(Asked("x-code").c_str())), Asked("x-message")});
  }
  if (method == "stall") {
    while (!is_done_) WaitFor(kDone);
    Print(context_.IsCancelled() ? "cancelled" : "not cancelled");
    return;
  }
  while (Read(message)) {
    if (method == "echo") Write(message);
    all += message;
    if (method == "spread") break;
  }
  if (method == "collect" || method == "flaky") Write(all);
  if (method == "spread") {
    int count = 0, size = 0;
    std::sscanf(all.c_str(), "%d %d", &count, &size);
    for (int i = 0; i < count && Write(MessageOf(size, i)); ++i) {
    }
  }
  Finish(grpc::Status::OK);
}

int Serve() {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::AsyncGenericService service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterAsyncGenericService(&service);
  builder.SetMaxReceiveMessageSize(-1);
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues;
  for (int i = 0; i < kServerThreads; ++i) queues.push_back(builder.AddCompletionQueue());
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  std::vector<std::thread> threads;
  for (const auto& queue : queues) {
    threads.emplace_back([&service, &queue] {
      for (;;) {
        ServerCall call(service, *queue);
        if (!call.WaitForCall()) return;
        call.Answer();
      }
    });
  }
  Print("port " + std::to_string(port));
  for (std::thread& thread : threads) thread.join();
  return 0;
}

// ---- client

// key=value of the command line:
//   send=SIZE  text=TEXT       a message, each time it stands there
//   deadline_ms=N              of the call
//   metadata=KEY:VALUE         also several; a KEY of -bin has its value in hexadecimal
//   cancel_after=N             cancels when N messages have come (0: when all was sent)
//   lockstep=yes               waits for a message after each that it sends
//   ends=no                    sends no end before the server has ended
//   calls=N                    as many at once
struct Plan {
  std::string port, method;
  std::vector<std::string> messages;
  std::vector<std::pair<std::string, std::string>> metadata;
  int deadline_ms = 0, cancel_after = -1, calls = 1;
  bool lockstep = false, ends = true;
};

std::string FromHex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

void AddMetadata(const std::string& text, Plan& plan) {
  const size_t colon = text.find(':');
  const std::string key = text.substr(0, colon), value = text.substr(colon + 1);
  const bool is_binary = key.size() > 4 && key.substr(key.size() - 4) == "-bin";
  plan.metadata.emplace_back(key, is_binary ? FromHex(value) : value);
}

Plan ReadPlan(int count, char** words) {
  Plan plan;
  plan.port = words[2];
  plan.method = words[3];
  for (int i = 4; i < count; ++i) {
    const std::string word = words[i];
    const size_t equals = word.find('=');
    const std::string key = word.substr(0, equals), value = word.substr(equals + 1);
    const int number = std::atoi(value.c_str());
    if (key == "send") plan.messages.push_back(MessageOf(number, plan.messages.size()));
    if (key == "text") plan.messages.push_back(value);
    if (key == "deadline_ms") plan.deadline_ms = number;
    if (key == "metadata") AddMetadata(value, plan);
    if (key == "cancel_after") plan.cancel_after = number;
    if (key == "lockstep") plan.lockstep = value == "yes";
    if (key == "ends") plan.ends = value == "yes";
    if (key == "calls") plan.calls = number;
  }
  return plan;
}

class ClientCall {
 public:
  ClientCall(const Plan& plan, const std::shared_ptr<grpc::Channel>& channel)
      : plan_(plan), stub_(channel) {
    if (plan.deadline_ms > 0) {
      context_.set_deadline(std::chrono::system_clock::now() +
                            std::chrono::milliseconds(plan.deadline_ms));
    }
    for (const auto& [key, value] : plan.metadata) context_.AddMetadata(key, value);
  }

  void Run() {
    stream_ = stub_.PrepareCall(&context_, "/test.Peer/" + plan_.method, &queue_);
    stream_->StartCall(Tag(kStep));
    bool goes_on = Step();
    for (size_t i = 0; goes_on && i < plan_.messages.size(); ++i) {
      stream_->Write(BufferOf(plan_.messages[i]), Tag(kStep));
      goes_on = Step() && (!plan_.lockstep || Read());
    }
    if (goes_on && plan_.ends) {
      stream_->WritesDone(Tag(kStep));
      Step();
    }
    if (plan_.cancel_after == 0) context_.TryCancel();
    while (Read()) {
    }
    grpc::Status status;
    stream_->Finish(&status, Tag(kStep));
    Step();
    Report(status);
  }

 private:
  bool Step() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }
  bool Read() {
    ByteBuffer buffer;
    stream_->Read(&buffer, Tag(kStep));
    if (!Step()) return false;
    received_.push_back(StringOf(buffer));
    if (static_cast<int>(received_.size()) == plan_.cancel_after) context_.TryCancel();
    if (received_.size() == 1) Print("first message");
    return true;
  }
  // One line for each call: the status, the sizes of messages, and whether they are what was sent.
  void Report(const grpc::Status& status) {
    std::string line = "status " + std::to_string(status.error_code()) + " messages";
    std::string joined, sent;
    for (const std::string& message : received_) {
      line += " " + std::to_string(message.size());
      joined += message;
    }
    for (const std::string& message : plan_.messages) sent += message;
    line += joined == sent ? " same" : " other";
    line += " text " + status.error_message();
    for (const auto& [key, value] : context_.GetServerInitialMetadata()) {
      line += "\ninitial " + std::string(key.data(), key.size()) + " " +
              Hex({value.data(), value.size()});
    }
    for (const auto& [key, value] : context_.GetServerTrailingMetadata()) {
      line += "\ntrailing " + std::string(key.data(), key.size()) + " " +
              Hex({value.data(), value.size()});
    }
    Print(line);
  }

  const Plan& plan_;
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  std::vector<std::string> received_;
};

int Call(const Plan& plan) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  const auto channel = grpc::CreateCustomChannel("127.0.0.1:" + plan.port,
                                                 grpc::InsecureChannelCredentials(), arguments);
  std::vector<std::thread> threads;
  for (int i = 0; i < plan.calls; ++i) {
    threads.emplace_back([&plan, &channel] { ClientCall(plan, channel).Run(); });
  }
  for (std::thread& thread : threads) thread.join();
  return 0;
}

}  // namespace

int main(int count, char** words) {
  const std::string mode = count > 1 ? words[1] : "";
  if (mode == "serve") return Serve();
  if (mode == "call" && count > 3) return Call(ReadPlan(count, words));
  std::fprintf(stderr, "usage: grpc_peer serve | call PORT METHOD [key=value]...\n");
  return 2;
}
