#include "source/xds/control_plane_stream.h"

#include <utility>

namespace weir::xds {

ControlPlaneStream::ControlPlaneStream(event::Loop& loop, Options options,
                                       ControlPlaneDialer dialer, base::Random& random,
                                       ControlPlaneStreamHandler& handler)
    : loop_(loop),
      options_(std::move(options)),
      dialer_(std::move(dialer)),
      handler_(handler),
      backoff_(options_.reconnect, random),
      reconnect_timer_(loop, [this] { Dial(); }),
      self_(std::make_shared<ControlPlaneStream*>(this)) {}

ControlPlaneStream::~ControlPlaneStream() = default;

void ControlPlaneStream::Start() {
  if (state_ != State::kIdle) return;
  threads_ = rpc::HoldThreads();
  Dial();
}

void ControlPlaneStream::Dial() {
  state_ = State::kDialing;
  dialer_([self = std::weak_ptr<ControlPlaneStream*>(self_)](DialResult channel) {
    if (auto alive = self.lock()) (*alive)->OnDialled(std::move(channel));
  });
}

void ControlPlaneStream::OnDialled(DialResult channel) {
  if (state_ != State::kDialing) return;
  if (!channel.ok()) return Disconnect(channel.status());
  state_ = State::kOpening;
  channel_ = *std::move(channel);
  stream_ = channel_->OpenBidiStream(options_.method, options_.initial_metadata, *this);
}

void ControlPlaneStream::OnOpen() {
  state_ = State::kOpen;
  handler_.OnStreamOpen();
}

void ControlPlaneStream::OnMessage(std::string bytes) {
  // A server that answers is well, whatever it says.
  backoff_.Reset();
  handler_.OnStreamMessage(std::move(bytes));
}

void ControlPlaneStream::Disconnect(const absl::Status& status) {
  if (state_ == State::kIdle || state_ == State::kWaiting) return;
  state_ = State::kWaiting;
  stream_.reset();
  channel_.reset();
  reconnect_timer_.Arm(backoff_.NextMs());
  handler_.OnStreamEnd(status);
}

void ControlPlaneStream::Send(std::string bytes) {
  if (is_open()) stream_->Send(std::move(bytes));
}

void ControlPlaneStream::PauseReading() {
  if (is_open()) stream_->PauseReading();
}

void ControlPlaneStream::ResumeReading() {
  if (is_open()) stream_->ResumeReading();
}

}  // namespace weir::xds
