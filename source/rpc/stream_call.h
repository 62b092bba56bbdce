// What both ends of a streaming gRPC call have in common: messages are read one at a time, written
// in order, and the end is told once, all on the loop's thread.
//
//   loop's thread:        Send  PauseReading  Abandon        (the owner's side)
//   completion thread:    OnOpened  OnRead  OnWritten  OnFinished   (gRPC's side)
//
//   kStarting ──opened──► kOpen ──read failed, Finish() or Abandon()──► kEnding ──► kFinishing ──►
//   kEnded
//                                                (writes drain)        status known
//
// Kept alive by its owner and by each operation in flight, hence shared. After Abandon() it posts
// nothing: neither the loop nor the handler is touched again. Internal to rpc/.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "source/event/loop.h"
#include "source/rpc/bidi_stream.h"
#include "source/rpc/completion_thread.h"

namespace weir::rpc {

class StreamCall : public std::enable_shared_from_this<StreamCall> {
 public:
  StreamCall(event::Loop& loop, CompletionThread& thread);
  virtual ~StreamCall();
  StreamCall(const StreamCall&) = delete;
  StreamCall& operator=(const StreamCall&) = delete;

  // Loop's thread.
  void Listen(BidiStreamHandler& handler);
  void Send(std::string bytes);
  void PauseReading();
  void ResumeReading();
  // The owner lets go: the call is cancelled, the handler hears nothing more.
  void Abandon();

 protected:
  enum class State { kStarting, kOpen, kEnding, kFinishing, kEnded };

  // One kind of operation, at most one of which is in flight; it keeps the call alive meanwhile.
  class Step final : public Operation {
   public:
    Step(StreamCall& call, void (StreamCall::*done)(bool)) : call_(call), done_(done) {}
    // The tag to start the operation with.
    void* Begin();

   private:
    void OnComplete(bool ok) override;

    StreamCall& call_;
    void (StreamCall::*const done_)(bool);
    std::shared_ptr<StreamCall> keep_alive_;
  };

  // gRPC's side of the call: each starts one operation. Called under mutex_.
  virtual void StartRead(void* tag) = 0;
  virtual void StartWrite(std::string_view bytes, void* tag) = 0;
  virtual void StartFinish(void* tag) = 0;
  virtual void Cancel() = 0;
  // What StartRead read; what the call ended with. Once the operation is complete.
  virtual std::string TakeMessage() = 0;
  virtual absl::Status EndStatus() = 0;
  // Writes that wait are worth sending although reading has ended.
  virtual bool writes_after_reading() const = 0;
  // The call has ended. Completion thread, not under mutex_.
  virtual void OnClosed() {}

  // Completion thread.
  void OnOpened(bool ok);
  void OnRead(bool ok);
  void OnWritten(bool ok);
  void OnFinished(bool ok);

  // The rest is under mutex_.
  void BeginReading();
  void EndLocked();

  std::mutex mutex_;
  CompletionThread& thread_;
  State state_ = State::kStarting;
  event::Loop* loop_;  // null once abandoned

 private:
  void PumpWrites();
  void EndDelivery();
  // Posts `work(handler)`, unless abandoned by then.
  template <class Work>
  void PostLocked(Work work);

  BidiStreamHandler* handler_ = nullptr;  // loop's thread only
  Decoder decoder_;                       // set before reading begins; null: none
  bool is_reading_ = false;
  bool is_delivering_ = false;
  bool is_paused_ = false;
  bool is_writing_ = false;
  std::deque<std::string> unsent_;
  Step read_{*this, &StreamCall::OnRead};
  Step write_{*this, &StreamCall::OnWritten};
  Step finish_{*this, &StreamCall::OnFinished};
};

}  // namespace weir::rpc
