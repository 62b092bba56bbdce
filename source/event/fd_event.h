// Readiness of one descriptor. It is registered with the kernel when reading is first enabled and
// stays so; asking for writability is for after EAGAIN only, so steady traffic makes no epoll_ctl.
// Level-triggered: a handler that leaves bytes unread is called again next turn. Does not own the
// descriptor, and must end before it is closed. May be destroyed inside its own callback.
// Loop's thread only.
#pragma once

#include <memory>

#include "source/event/loop.h"

namespace weir::event {

// A hang-up or an error of the descriptor is reported as whatever is enabled; the next read or
// write tells which it was.
class FdHandler {
 public:
  virtual void OnReadable() = 0;
  virtual void OnWritable() = 0;

 protected:
  ~FdHandler() = default;
};

class FdEvent {
 public:
  FdEvent(Loop& loop, int fd, FdHandler& handler);
  ~FdEvent();
  FdEvent(const FdEvent&) = delete;
  FdEvent& operator=(const FdEvent&) = delete;

  void EnableRead();
  // Reaches the kernel only if the descriptor becomes readable before EnableRead().
  void DisableRead();
  void EnableWrite();
  void DisableWrite();

 private:
  struct Registration;
  std::unique_ptr<Registration> registration_;
};

}  // namespace weir::event
