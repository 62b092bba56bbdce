#include <fcntl.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <variant>

#include "source/rpc/bidi_stream.h"
#include "source/rpc/client_call.h"
#include "source/rpc/completion_thread.h"

namespace weir::rpc {
namespace {

class GrpcChannel final : public Channel {
 public:
  GrpcChannel(event::Loop& loop, std::shared_ptr<CompletionThread> thread,
              std::shared_ptr<grpc::Channel> channel)
      : loop_(loop), thread_(std::move(thread)), channel_(std::move(channel)) {}

  std::unique_ptr<BidiStream> OpenBidiStream(std::string_view method, const Metadata& metadata,
                                             BidiStreamHandler& handler) override {
    return StartClientCall(loop_, thread_, channel_, method, metadata, handler);
  }

 private:
  event::Loop& loop_;
  const std::shared_ptr<CompletionThread> thread_;
  const std::shared_ptr<grpc::Channel> channel_;
};

int ToInt(int64_t value) {
  return static_cast<int>(std::clamp<int64_t>(value, 0, std::numeric_limits<int>::max()));
}

grpc::ChannelArguments Arguments(const Channel::Options& options) {
  grpc::ChannelArguments arguments;
  arguments.SetUserAgentPrefix("weir");
  // A quiet stream is the normal state of a control plane: whoever asks for keepalive pings wants
  // them for ever.
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetMaxReceiveMessageSize(ToInt(options.max_message_bytes));
  arguments.SetMaxSendMessageSize(ToInt(options.max_message_bytes));
  // Every channel has a connection of its own, and nothing but us decides when to try again.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // The environment of the process and DNS TXT records do not configure us.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  for (const auto& [name, value] : options.arguments) {
    if (const int* number = std::get_if<int>(&value)) {
      arguments.SetInt(name, *number);
    } else {
      arguments.SetString(name, std::get<std::string>(value));
    }
  }
  return arguments;
}

}  // namespace

std::unique_ptr<Channel> Channel::ToTarget(event::Loop& loop, const std::string& target,
                                           const Options& options) {
  auto thread = CompletionThread::Shared();
  auto channel =
      grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), Arguments(options));
  return std::make_unique<GrpcChannel>(loop, std::move(thread), std::move(channel));
}

std::unique_ptr<Channel> Channel::OverDescriptor(event::Loop& loop, int fd,
                                                 const std::string& authority,
                                                 const Options& options) {
  auto thread = CompletionThread::Shared();
  grpc::ChannelArguments arguments = Arguments(options);
  if (!authority.empty()) arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, authority);
  // gRPC sets this on connections of its own only. An answer and the request behind it are two
  // small writes: the second would wait for the server's delayed acknowledgement, 40 ms.
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  // gRPC polls it and would block its own threads otherwise.
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  auto channel = grpc::CreateCustomInsecureChannelFromFd(authority, fd, arguments);
  return std::make_unique<GrpcChannel>(loop, std::move(thread), std::move(channel));
}

std::shared_ptr<void> HoldThreads() { return CompletionThread::Shared(); }

}  // namespace weir::rpc
