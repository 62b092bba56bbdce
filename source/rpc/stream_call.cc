// Tested by test/rpc/channel_test.cc

#include "source/rpc/stream_call.h"

#include <utility>

namespace weir::rpc {

void* StreamCall::Step::Begin() {
  keep_alive_ = call_.shared_from_this();
  return Tag();
}

void StreamCall::Step::OnComplete(bool ok) {
  std::shared_ptr<StreamCall> alive;
  {
    std::lock_guard<std::mutex> lock(call_.mutex_);
    alive = std::move(keep_alive_);
  }
  (call_.*done_)(ok);
}

StreamCall::StreamCall(event::Loop& loop, CompletionThread& thread)
    : thread_(thread), loop_(&loop) {}

StreamCall::~StreamCall() = default;

void StreamCall::Listen(BidiStreamHandler& handler) {
  handler_ = &handler;
  std::lock_guard<std::mutex> lock(mutex_);
  decoder_ = handler.MakeDecoder();
}

void StreamCall::Send(std::string bytes) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (state_ > State::kOpen || loop_ == nullptr) return;
  unsent_.push_back(std::move(bytes));
  PumpWrites();
}

void StreamCall::PauseReading() {
  std::lock_guard<std::mutex> lock(mutex_);
  is_paused_ = true;
}

void StreamCall::ResumeReading() {
  std::lock_guard<std::mutex> lock(mutex_);
  is_paused_ = false;
  BeginReading();
}

void StreamCall::Abandon() {
  handler_ = nullptr;
  std::lock_guard<std::mutex> lock(mutex_);
  loop_ = nullptr;
  if (state_ >= State::kEnding) return;  // it ends on its own, with what it has to send
  unsent_.clear();
  Cancel();
  // A start or a read in flight fails now and ends the call; else nobody would.
  if (state_ == State::kOpen && !is_reading_) EndLocked();
}

template <class Work>
void StreamCall::PostLocked(Work work) {
  if (loop_ == nullptr) return;
  loop_->Post([self = shared_from_this(), work = std::move(work)]() mutable {
    if (self->handler_ != nullptr) work(*self);
  });
}

void StreamCall::OnOpened(bool ok) {
  std::lock_guard<std::mutex> lock(mutex_);
  state_ = State::kOpen;
  if (!ok || loop_ == nullptr) return EndLocked();
  PostLocked([](StreamCall& self) { self.handler_->OnOpen(); });
  BeginReading();
  PumpWrites();
}

void StreamCall::BeginReading() {
  if (state_ != State::kOpen || loop_ == nullptr) return;
  if (is_reading_ || is_delivering_ || is_paused_) return;
  is_reading_ = true;
  StartRead(read_.Begin());
}

void StreamCall::OnRead(bool ok) {
  std::string message;
  std::unique_ptr<Decoded> decoded;
  if (ok) message = TakeMessage();
  if (ok && decoder_) decoded = decoder_(std::move(message));
  std::lock_guard<std::mutex> lock(mutex_);
  is_reading_ = false;
  if (!ok || loop_ == nullptr) return EndLocked();
  is_delivering_ = true;
  if (decoder_) {
    PostLocked([decoded = std::move(decoded)](StreamCall& self) mutable {
      self.handler_->OnDecoded(std::move(decoded));
      self.EndDelivery();
    });
  } else {
    PostLocked([message = std::move(message)](StreamCall& self) mutable {
      self.handler_->OnMessage(std::move(message));
      self.EndDelivery();
    });
  }
}

void StreamCall::EndDelivery() {
  std::lock_guard<std::mutex> lock(mutex_);
  is_delivering_ = false;
  BeginReading();
}

void StreamCall::PumpWrites() {
  if (is_writing_ || unsent_.empty()) return;
  if (state_ != State::kOpen && state_ != State::kEnding) return;
  is_writing_ = true;
  StartWrite(unsent_.front(), write_.Begin());
  unsent_.pop_front();
}

void StreamCall::OnWritten(bool ok) {
  std::lock_guard<std::mutex> lock(mutex_);
  is_writing_ = false;
  if (!ok) unsent_.clear();  // the call is broken: reading fails too, and ends it
  PumpWrites();
  if (state_ == State::kEnding) return EndLocked();
  if (ok && !is_writing_) PostLocked([](StreamCall& self) { self.handler_->OnAllSent(); });
}

void StreamCall::EndLocked() {
  if (state_ >= State::kFinishing) return;
  state_ = State::kEnding;
  if (!writes_after_reading()) unsent_.clear();
  if (is_writing_ || !unsent_.empty()) return;  // OnWritten comes back here
  state_ = State::kFinishing;
  StartFinish(finish_.Begin());
}

void StreamCall::OnFinished(bool /*ok*/) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    state_ = State::kEnded;
    PostLocked([status = EndStatus()](StreamCall& self) mutable {
      BidiStreamHandler* handler = std::exchange(self.handler_, nullptr);
      handler->OnEnd(std::move(status));
    });
  }
  OnClosed();
  thread_.CallClosed();
}

}  // namespace weir::rpc
