// An open file descriptor, owned: closed when its owner ends. Declared before what watches it, so
// that watching ends first.
#pragma once

#include <unistd.h>

#include <utility>

namespace weir::base {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) Reset(other.Release());
    return *this;
  }
  ~Descriptor() { Reset(); }

  bool is_open() const { return fd_ >= 0; }
  int get() const { return fd_; }
  // Whoever gets it closes it.
  int Release() { return std::exchange(fd_, -1); }
  void Reset(int fd = -1) {
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

}  // namespace weir::base
