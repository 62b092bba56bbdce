#include "source/control/status_query.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

namespace weir::control {
namespace {

using envoy::service::status::v3::ClientStatusRequest;

constexpr char kMethod[] =
    "/envoy.service.status.v3.ClientStatusDiscoveryService/StreamClientStatus";

rpc::Channel::Options ChannelOptions() {
  rpc::Channel::Options options;
  // All that a proxy has, in one message.
  options.max_message_bytes = std::numeric_limits<int>::max();
  return options;
}

}  // namespace

StatusQuery::StatusQuery(event::Loop& loop, const std::string& address, bool has_contents,
                         int64_t timeout_ms, Done done)
    : address_(address),
      done_(std::move(done)),
      timeout_(loop, [this] { Finish(Failure(absl::DeadlineExceededError("no answer in time"))); }),
      channel_(rpc::Channel::ToTarget(loop, address, ChannelOptions())),
      stream_(channel_->OpenBidiStream(kMethod, {}, *this)) {
  ClientStatusRequest request;
  request.set_exclude_resource_contents(!has_contents);
  stream_->Send(request.SerializeAsString());
  timeout_.Arm(timeout_ms);
}

void StatusQuery::OnMessage(std::string bytes) {
  Response response;
  if (response.ParseFromString(bytes)) return Finish(std::move(response));
  Finish(Failure(absl::DataLossError("the answer is no ClientStatusResponse")));
}

void StatusQuery::OnEnd(absl::Status status) {
  if (status.ok()) status = absl::UnavailableError("the call ended without an answer");
  Finish(Failure(status));
}

void StatusQuery::Finish(absl::StatusOr<Response> response) {
  timeout_.Cancel();
  stream_.reset();
  if (Done done = std::exchange(done_, nullptr)) done(std::move(response));
}

absl::Status StatusQuery::Failure(const absl::Status& status) const {
  return absl::Status(status.code(), absl::StrCat(address_, ": ", status.message()));
}

}  // namespace weir::control
