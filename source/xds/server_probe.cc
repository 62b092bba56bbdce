#include "source/xds/server_probe.h"

#include <utility>

namespace weir::xds {

ServerProbe::ServerProbe(event::Loop& loop, ControlPlaneServer& server, Question question,
                         OnDone on_done)
    : server_(server),
      question_(std::move(question)),
      on_done_(std::move(on_done)),
      timer_(loop, [this] { Finish(absl::DeadlineExceededError("no answer in time")); }),
      self_(std::make_shared<ServerProbe*>(this)) {}

ServerProbe::~ServerProbe() = default;

void ServerProbe::Start() {
  timer_.Arm(question_.timeout_ms);
  server_.dialer([self = std::weak_ptr<ServerProbe*>(self_)](DialResult channel) {
    if (auto alive = self.lock()) (*alive)->OnDialled(std::move(channel));
  });
}

void ServerProbe::OnDialled(DialResult channel) {
  if (!channel.ok()) return Finish(std::move(channel));
  if (on_done_ == nullptr) return;
  channel_ = *std::move(channel);
  stream_ = channel_->OpenBidiStream(question_.method, server_.initial_metadata, *this);
}

void ServerProbe::OnOpen() {
  if (question_.request.empty()) return Finish(std::move(channel_));
  stream_->Send(question_.request);
}

void ServerProbe::Finish(DialResult result) {
  if (on_done_ == nullptr) return;
  timer_.Cancel();
  stream_.reset();
  std::exchange(on_done_, nullptr)(std::move(result));
}

}  // namespace weir::xds
