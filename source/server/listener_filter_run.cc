#include "source/server/listener_filter_run.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace weir::server {

namespace {

using Verdict = filter::ListenerFilter::Verdict;

// Readiness comes only with more than `bytes`: peeked bytes stay in the socket and would
// otherwise wake the loop for ever.
void WakeBeyond(int fd, int bytes) {
  const int low_mark = bytes + 1;
  setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &low_mark, sizeof low_mark);
}

void Consume(int fd, size_t bytes) {
  char sink[4096];
  while (bytes > 0) {
    const ssize_t got = recv(fd, sink, std::min(bytes, sizeof sink), 0);
    if (got <= 0) return;
    bytes -= static_cast<size_t>(got);
  }
}

}  // namespace

ListenerFilterRun::ListenerFilterRun(event::Loop& loop,
                                     std::shared_ptr<const ListenerConfig> config,
                                     filter::AcceptedSocket socket, Owner& owner)
    : loop_(loop),
      config_(std::move(config)),
      socket_(std::move(socket)),
      owner_(owner),
      timer_(loop, [this] { OnTimeout(); }) {
  for (const auto& filter : config_->listener_filters) filters_.push_back(filter->Create());
}

ListenerFilterRun::~ListenerFilterRun() {
  event_.reset();
  if (socket_.fd >= 0) close(socket_.fd);
}

void ListenerFilterRun::Start() {
  if (config_->listener_filters_timeout_ms > 0) timer_.Arm(config_->listener_filters_timeout_ms);
  Advance();
}

void ListenerFilterRun::Advance() {
  for (; at_ < filters_.size(); ++at_, was_asked_ = false) {
    filter::ListenerFilter& filter = *filters_[at_];
    if (!std::exchange(was_asked_, true)) {
      const Verdict verdict = filter.OnAccept(socket_);
      if (verdict == Verdict::kClose) return Finish(Outcome::kRefused);
      if (verdict == Verdict::kContinue) continue;
    }
    if (event_ == nullptr) {
      event_.reset(new event::FdEvent(loop_, socket_.fd, *this));
      event_->EnableRead();
    }
    return;  // OnReadable goes on
  }
  Finish(Outcome::kDone);
}

void ListenerFilterRun::OnReadable() { Peek(); }

void ListenerFilterRun::Peek() {
  filter::ListenerFilter& filter = *filters_[at_];
  const auto scratch = loop_.read_scratch();
  const size_t most = std::min(filter.max_peek_bytes(), scratch.size());
  const ssize_t got = recv(socket_.fd, scratch.data(), most, MSG_PEEK);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return Finish(Outcome::kRefused);
  size_t consume = 0;
  const auto bytes = std::string_view(scratch.data(), static_cast<size_t>(got));
  const Verdict verdict = filter.OnPeek(socket_, bytes, consume);
  const bool is_full = bytes.size() == most;
  if (verdict == Verdict::kClose || (verdict == Verdict::kNeedMore && is_full)) {
    return Finish(Outcome::kRefused);
  }
  if (verdict == Verdict::kNeedMore) {
    WakeBeyond(socket_.fd, static_cast<int>(got));
    return;
  }
  Consume(socket_.fd, consume);
  WakeBeyond(socket_.fd, 0);
  ++at_;
  was_asked_ = false;
  Advance();
}

void ListenerFilterRun::OnTimeout() {
  const bool goes_on = config_->continue_on_listener_filters_timeout;
  Finish(goes_on ? Outcome::kDone : Outcome::kTimeout);
}

void ListenerFilterRun::Finish(Outcome outcome) {
  timer_.Cancel();
  event_.reset();
  if (outcome == Outcome::kDone) {
    WakeBeyond(socket_.fd, 0);
    const filter::AcceptedSocket socket = socket_;
    socket_.fd = -1;
    owner_.OnRunDone(*this, outcome, socket);
  } else {
    owner_.OnRunDone(*this, outcome, socket_);
  }
}

}  // namespace weir::server
