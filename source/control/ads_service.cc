#include "source/control/ads_service.h"

#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "source/base/log.h"

namespace weir::control {
namespace {

using envoy::service::discovery::v3::DiscoveryRequest;
using envoy::service::discovery::v3::DiscoveryResponse;

constexpr char kMethod[] =
    "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources";

}  // namespace

// One stream and its session.
class AdsService::Client final : private rpc::BidiStreamHandler {
 public:
  Client(AdsService& service, std::unique_ptr<rpc::IncomingStream> stream)
      : service_(service),
        stream_(std::move(stream)),
        session_(service.loop_, stream_->peer(), [this](const DiscoveryResponse& response) {
          stream_->Send(response.SerializeAsString());
        }) {
    WEIR_LOG(kInfo, "control", "client connected: ", session_.client());
    if (service.snapshot_ != nullptr) session_.OnSnapshot(service.snapshot_);
    stream_->Start(*this);
  }

  AdsSession& session() { return session_; }

 private:
  void OnMessage(std::string bytes) override {
    DiscoveryRequest request;
    if (request.ParseFromString(bytes)) {
      session_.OnRequest(request);
    } else {
      stream_->Finish(absl::InvalidArgumentError("not a DiscoveryRequest"));
    }
  }
  void OnEnd(absl::Status /*status*/) override {
    WEIR_LOG(kInfo, "control", "client gone: ", session_.client());
    service_.clients_.remove_if([this](const auto& client) { return client.get() == this; });
  }

  AdsService& service_;
  const std::unique_ptr<rpc::IncomingStream> stream_;
  AdsSession session_;
};

AdsService::AdsService(event::Loop& loop) : loop_(loop) {}

AdsService::~AdsService() = default;

void AdsService::OnStream(std::unique_ptr<rpc::IncomingStream> stream) {
  if (stream->method() == kMethod) {
    clients_.push_back(std::make_unique<Client>(*this, std::move(stream)));
    return;
  }
  WEIR_LOG(kWarning, "control", stream->peer(), " calls ", absl::CEscape(stream->method()),
           ", which is not implemented");
  stream->Finish(absl::UnimplementedError(
      "weir-control serves state-of-the-world ADS only (StreamAggregatedResources)"));
}

void AdsService::Publish(std::shared_ptr<const Snapshot> snapshot) {
  snapshot_ = std::move(snapshot);
  for (const auto& client : clients_) client->session().OnSnapshot(snapshot_);
}

}  // namespace weir::control
