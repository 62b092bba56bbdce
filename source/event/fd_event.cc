#include "source/event/fd_event.h"

#include "source/base/check.h"
#include "source/event/loop_backend.h"

namespace weir::event {

struct FdEvent::Registration {
  Registration(Loop& loop, int fd, FdHandler& handler) : loop(loop), handler(handler) {
    event_base* base = loop.backend_->base;
    WEIR_CHECK(event_assign(&read, base, fd, EV_READ | EV_PERSIST, OnReadable, this) == 0);
    WEIR_CHECK(event_assign(&write, base, fd, EV_WRITE | EV_PERSIST, OnWritable, this) == 0);
  }
  ~Registration() {
    event_del(&read);
    event_del(&write);
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
  ::event write;
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
  WEIR_CHECK(event_add(&registration_->write, nullptr) == 0);
  registration_->is_writing = true;
}

void FdEvent::DisableWrite() {
  if (!registration_->is_writing) return;
  event_del(&registration_->write);
  registration_->is_writing = false;
}

}  // namespace weir::event
