// Readiness of one descriptor. It is registered with the kernel when reading is first enabled and
// stays so; asking for writability is for after EAGAIN only, so steady traffic makes no epoll_ctl.
// Level-triggered. Does not own the descriptor. Loop's thread only.
#pragma once

#include <memory>

#include "source/event/loop.h"

namespace weir::event {

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
  void DisableRead();
  void EnableWrite();
  void DisableWrite();

 private:
  struct Registration;
  std::unique_ptr<Registration> registration_;
};

}  // namespace weir::event
