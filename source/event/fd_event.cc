#include "source/event/fd_event.h"

#include "source/base/check.h"
#include "source/event/loop_backend.h"

namespace weir::event {

struct FdEvent::Registration {
  Registration(Loop& loop, int fd, FdHandler& handler) : loop(loop), handler(handler) {
    WEIR_CHECK(
        event_assign(&read, loop.backend_->base, fd, EV_READ | EV_PERSIST, OnReadable, this) == 0);
  }
  ~Registration() {
    event_del(&read);
    if (write != nullptr) event_del(write.get());
  }

  void AddWrite() {
    if (write == nullptr) {
      write = std::make_unique<::event>();
      WEIR_CHECK(event_assign(write.get(), loop.backend_->base, event_get_fd(&read),
                              EV_WRITE | EV_PERSIST, OnWritable, this) == 0);
    }
    WEIR_CHECK(event_add(write.get(), nullptr) == 0);
  }

  static void OnReadable(evutil_socket_t, short, void* self) {
    auto* registration = static_cast<Registration*>(self);
    registration->loop.BeginTurn();
    if (registration->wants_read) {
      registration->handler.OnReadable();
    } else {
      event_del(&registration->read);
      registration->is_reading = false;
    }
  }

  static void OnWritable(evutil_socket_t, short, void* self) {
    auto* registration = static_cast<Registration*>(self);
    registration->loop.BeginTurn();
    registration->handler.OnWritable();
  }

  Loop& loop;
  FdHandler& handler;
  bool wants_read = false;
  bool is_reading = false;  // added to libevent
  bool is_writing = false;
  ::event read;
  std::unique_ptr<::event> write;  // made when first wanted: most connections never wait for room
};

FdEvent::FdEvent(Loop& loop, int fd, FdHandler& handler)
    : registration_(std::make_unique<Registration>(loop, fd, handler)) {}

FdEvent::~FdEvent() = default;

void FdEvent::EnableRead() {
  registration_->wants_read = true;
  if (registration_->is_reading) return;
  WEIR_CHECK(event_add(&registration_->read, nullptr) == 0);
  registration_->is_reading = true;
}

void FdEvent::DisableRead() { registration_->wants_read = false; }

void FdEvent::EnableWrite() {
  if (registration_->is_writing) return;
  registration_->AddWrite();
  registration_->is_writing = true;
}

void FdEvent::DisableWrite() {
  if (!registration_->is_writing) return;
  event_del(registration_->write.get());
  registration_->is_writing = false;
}

}  // namespace weir::event
