#include "source/xds/control_plane_stream.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "source/base/check.h"

namespace weir::xds {

ControlPlaneStream::ControlPlaneStream(event::Loop& loop, Options options,
                                       std::vector<ControlPlaneServer> servers,
                                       base::Random& random, ControlPlaneStreamHandler& handler)
    : loop_(loop),
      options_(std::move(options)),
      servers_(std::move(servers)),
      handler_(handler),
      backoff_(options_.reconnect, random),
      reconnect_timer_(loop, [this] { Dial(); }),
      go_back_backoff_(options_.go_back, random),
      go_back_timer_(loop, [this] { Probe(0); }),
      self_(std::make_shared<ControlPlaneStream*>(this)) {
  WEIR_CHECK(!servers_.empty());
}

ControlPlaneStream::~ControlPlaneStream() = default;

void ControlPlaneStream::Start() {
  if (state_ != State::kIdle) return;
  threads_ = rpc::HoldThreads();
  Dial();
}

void ControlPlaneStream::Dial() {
  if (!was_answered_) current_ = (current_ + 1) % servers_.size();
  was_answered_ = false;
  state_ = State::kDialing;
  servers_[current_].dialer([self = std::weak_ptr<ControlPlaneStream*>(self_)](DialResult channel) {
    if (auto alive = self.lock()) (*alive)->OnDialled(std::move(channel));
  });
}

void ControlPlaneStream::OnDialled(DialResult channel) {
  if (state_ != State::kDialing) return;
  if (!channel.ok()) return Disconnect(channel.status());
  Open(*std::move(channel));
}

void ControlPlaneStream::Open(std::unique_ptr<rpc::Channel> channel) {
  state_ = State::kOpening;
  channel_ = std::move(channel);
  stream_ = channel_->OpenBidiStream(options_.method, servers_[current_].initial_metadata, *this);
}

void ControlPlaneStream::OnOpen() {
  state_ = State::kOpen;
  go_back_backoff_.Reset();
  if (current_ > 0) go_back_timer_.Arm(go_back_backoff_.NextMs());
  handler_.OnStreamOpen();
}

void ControlPlaneStream::OnMessage(std::string bytes) {
  NoteAnswer();
  handler_.OnStreamMessage(std::move(bytes));
}

void ControlPlaneStream::OnDecoded(std::unique_ptr<rpc::Decoded> message) {
  NoteAnswer();
  handler_.OnStreamDecoded(std::move(message));
}

// A server that answers is well, whatever it says.
void ControlPlaneStream::NoteAnswer() {
  was_answered_ = true;
  backoff_.Reset();
}

void ControlPlaneStream::Disconnect(const absl::Status& status) {
  if (state_ == State::kIdle || state_ == State::kWaiting) return;
  state_ = State::kWaiting;
  stream_.reset();
  channel_.reset();
  probe_.reset();
  go_back_timer_.Cancel();
  reconnect_timer_.Arm(backoff_.NextMs());
  handler_.OnStreamEnd(status);
}

void ControlPlaneStream::Probe(size_t server) {
  if (server >= current_) {  // none of them is back
    probe_.reset();
    go_back_timer_.Arm(go_back_backoff_.NextMs());
    return;
  }
  probe_ = std::make_unique<ServerProbe>(
      loop_, servers_[server], ServerProbe::Question{options_.method, handler_.ProbeRequest()},
      [this, server](DialResult channel) { OnProbed(server, std::move(channel)); });
  probe_->Start();
}

void ControlPlaneStream::OnProbed(size_t server, DialResult channel) {
  if (!channel.ok()) return Probe(server + 1);
  GoBack(server, *std::move(channel));
}

void ControlPlaneStream::GoBack(size_t server, std::unique_ptr<rpc::Channel> channel) {
  stream_.reset();
  channel_.reset();
  probe_.reset();
  state_ = State::kOpening;  // sends nothing
  handler_.OnStreamEnd(absl::CancelledError(absl::StrCat(servers_[server].name, " is back")));
  current_ = server;
  was_answered_ = false;
  backoff_.Reset();
  Open(std::move(channel));
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
