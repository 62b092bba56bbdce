#include "source/admin/grpc_endpoint.h"

#include <pthread.h>

#include <list>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "source/admin/client_status.h"
#include "source/base/strings.h"
#include "source/base/thread.h"
#include "source/event/loop.h"
#include "source/rpc/stream_server.h"

namespace weir::admin {

namespace {

using envoy::service::status::v3::ClientStatusRequest;
using envoy::service::status::v3::ClientStatusResponse;

constexpr char kFetch[] = "/envoy.service.status.v3.ClientStatusDiscoveryService/FetchClientStatus";
constexpr char kStream[] =
    "/envoy.service.status.v3.ClientStatusDiscoveryService/StreamClientStatus";
constexpr int64_t kMaxRequestBytes = 1024 * 1024;
// So that clients that vanished do not hold calls for ever.
constexpr int64_t kKeepaliveMs = 60'000;

struct Status {
  envoy::config::core::v3::Node node;
  const ConfigDump& dump;
};

// One call, of either method.
class Call final : private rpc::BidiStreamHandler {
 public:
  using Calls = std::list<std::unique_ptr<Call>>;

  Call(const Status& status, Calls& calls, std::unique_ptr<rpc::IncomingStream> stream)
      : status_(status),
        calls_(calls),
        is_unary_(stream->method() == kFetch),
        stream_(std::move(stream)) {
    stream_->Start(*this);
  }

 private:
  void OnMessage(std::string bytes) override {
    ClientStatusRequest request;
    if (!request.ParseFromString(bytes)) {
      return stream_->Finish(absl::InvalidArgumentError("not a ClientStatusRequest"));
    }
    const absl::StatusOr<ClientStatusResponse> response =
        AnswerClientStatus(request, status_.node, status_.dump);
    if (!response.ok()) return stream_->Finish(response.status());
    if (!is_unary_) stream_->PauseReading();
    stream_->Send(response->SerializeAsString());
    if (is_unary_) stream_->Finish(absl::OkStatus());
  }
  void OnAllSent() override { stream_->ResumeReading(); }
  void OnEnd(absl::Status /*status*/) override {
    calls_.remove_if([this](const auto& call) { return call.get() == this; });
  }

  const Status& status_;
  Calls& calls_;
  const bool is_unary_;
  const std::unique_ptr<rpc::IncomingStream> stream_;
};

class Endpoint final : public GrpcEndpoint {
 public:
  Endpoint(const envoy::config::core::v3::Node& node, const ConfigDump& dump)
      : status_{node, dump}, loop_("admin_grpc", base::kNoThread) {}

  ~Endpoint() override {
    loop_.Stop();
    if (thread_.joinable()) thread_.join();
    calls_.clear();
    server_.reset();
  }

  absl::Status Listen(const net::Address& address) {
    rpc::Server::Options options;
    options.max_message_bytes = kMaxRequestBytes;
    options.keepalive_ms = kKeepaliveMs;
    auto server = rpc::Server::Start(
        loop_, address.ToString(), [this](auto stream) { Take(std::move(stream)); }, options);
    if (!server.ok()) return server.status();
    server_ = *std::move(server);
    const auto bound = net::Address::ParseIpPort(server_->address());
    if (!bound.ok()) return bound.status();
    address_ = *bound;
    thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "admin_grpc");
      loop_.Run();
    });
    return absl::OkStatus();
  }

  const net::Address& address() const override { return address_; }

 private:
  void Take(std::unique_ptr<rpc::IncomingStream> stream) {
    if (stream->method() != kFetch && stream->method() != kStream) {
      return stream->Finish(absl::UnimplementedError(absl::StrCat(
          absl::CEscape(stream->method()), " is not served: ", kFetch, " and ", kStream, " are")));
    }
    if (calls_.size() == kMaxCalls) {
      return stream->Finish(absl::ResourceExhaustedError(
          absl::StrCat("more than ", kMaxCalls, " calls at a time are not served")));
    }
    calls_.push_back(std::make_unique<Call>(status_, calls_, std::move(stream)));
  }

  const Status status_;
  net::Address address_;
  event::Loop loop_;
  Call::Calls calls_;
  std::unique_ptr<rpc::Server> server_;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcEndpoint>> GrpcEndpoint::Start(
    const net::Address& address, const envoy::config::core::v3::Node& node,
    const ConfigDump& dump) {
  auto endpoint = std::make_unique<Endpoint>(node, dump);
  absl::Status status = endpoint->Listen(address);
  if (!status.ok()) return status;
  return endpoint;
}

}  // namespace weir::admin
