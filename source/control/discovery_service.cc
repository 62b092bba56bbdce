#include "source/control/discovery_service.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "source/base/log.h"
#include "source/control/delta_session.h"
#include "source/control/sotw_session.h"
#include "source/xds/discovery_methods.h"

namespace weir::control {
namespace {

using xds::Protocol;

struct Method {
  Protocol protocol;
  const ServedTypeInfo* only;  // null: every type
};

std::optional<Method> FindMethod(const std::string& name) {
  for (const Protocol protocol : {Protocol::kStateOfTheWorld, Protocol::kDelta}) {
    if (name == xds::AggregatedMethod(protocol)) return Method{protocol, nullptr};
    for (const ServedTypeInfo& info : kServedTypes) {
      const auto method = xds::MethodOf(info.type_url, protocol);
      if (method.ok() && *method == name) return Method{protocol, &info};
    }
  }
  return std::nullopt;
}

std::unique_ptr<DiscoverySession> MakeSession(event::Loop& loop, const Method& method,
                                              std::string peer, DiscoverySession::Send send) {
  DiscoverySession::Options options{std::move(peer), method.only};
  if (method.protocol == Protocol::kDelta) {
    return std::make_unique<DeltaSession>(loop, std::move(options), std::move(send));
  }
  return std::make_unique<SotwSession>(loop, std::move(options), std::move(send));
}

}  // namespace

// One stream and its session.
class DiscoveryService::Client final : private rpc::BidiStreamHandler {
 public:
  Client(DiscoveryService& service, const Method& method,
         std::unique_ptr<rpc::IncomingStream> stream)
      : service_(service),
        stream_(std::move(stream)),
        session_(MakeSession(service.loop_, method, stream_->peer(),
                             [this](std::string bytes) { stream_->Send(std::move(bytes)); })) {
    WEIR_LOG(kInfo, "control", "client connected: ", session_->client(), " calls ",
             stream_->method());
    if (service.snapshot_ != nullptr) session_->OnSnapshot(service.snapshot_);
    stream_->Start(*this);
  }

  DiscoverySession& session() { return *session_; }

 private:
  void OnMessage(std::string bytes) override {
    if (const absl::Status status = session_->OnMessage(bytes); !status.ok()) {
      stream_->Finish(status);
    }
  }
  void OnEnd(absl::Status /*status*/) override {
    WEIR_LOG(kInfo, "control", "client gone: ", session_->client());
    service_.clients_.remove_if([this](const auto& client) { return client.get() == this; });
  }

  DiscoveryService& service_;
  const std::unique_ptr<rpc::IncomingStream> stream_;
  const std::unique_ptr<DiscoverySession> session_;
};

DiscoveryService::DiscoveryService(event::Loop& loop) : loop_(loop) {}

DiscoveryService::~DiscoveryService() = default;

void DiscoveryService::OnStream(std::unique_ptr<rpc::IncomingStream> stream) {
  if (const auto method = FindMethod(stream->method())) {
    clients_.push_back(std::make_unique<Client>(*this, *method, std::move(stream)));
    return;
  }
  WEIR_LOG(kWarning, "control", stream->peer(), " calls ", absl::CEscape(stream->method()),
           ", which is not implemented");
  stream->Finish(absl::UnimplementedError(
      "weir-control serves StreamAggregatedResources, DeltaAggregatedResources, and Stream… and "
      "Delta… of secrets, clusters, endpoints, listeners and routes"));
}

void DiscoveryService::Publish(std::shared_ptr<const Snapshot> snapshot) {
  snapshot_ = std::move(snapshot);
  for (const auto& client : clients_) client->session().OnSnapshot(snapshot_);
}

}  // namespace weir::control
