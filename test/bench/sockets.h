// The little that the benchmark's programs share: loopback sockets, readiness, a clock, a way to
// read a header. Deliberately not Weir's own event/ and net/: a yardstick must not move with what
// it measures. Every program is one thread; what cannot happen on a sound machine ends it.
#pragma once

#include <sys/epoll.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::bench {

// Prints `what` with errno's text and ends the program.
[[noreturn]] void Die(std::string_view what);

uint64_t NowNs();

// Raises the limit of open descriptors and ignores SIGPIPE.
void PrepareProcess();

// Non-blocking, on 127.0.0.1, Nagle off. Listen(0) takes a free port: see PortOf.
int Listen(uint16_t port);
uint16_t PortOf(int fd);
// The next connection of a listener, or -1 when none waits.
int Accept(int listener);
// A connection that is being made: writable once it stands.
int Connect(uint16_t port);

// "1,2,3"
std::vector<uint16_t> ParsePorts(std::string_view text);
// "ready 1,2,3" on standard output: the harness waits for it.
void AnnounceReady(const std::vector<int>& listeners);

// The position behind the empty line that ends a head; npos when it is not all there.
size_t EndOfHead(std::string_view bytes);
// The value of the header `name` (case is ignored); empty when it is absent.
std::string_view HeaderValue(std::string_view head, std::string_view name);
uint64_t ParseNumber(std::string_view digits);

// An epoll set whose entries are pointers.
class Poller {
 public:
  Poller();
  void Add(int fd, uint32_t events, void* entry);
  void Change(int fd, uint32_t events, void* entry);

  // Waits for at most `timeout_ms` (-1: for ever), then calls on_event(entry, events) for each.
  template <class OnEvent>
  void Wait(int timeout_ms, OnEvent&& on_event) {
    epoll_event ready[kBatch];
    const int count = epoll_wait(fd_, ready, kBatch, timeout_ms);
    for (int i = 0; i < count; ++i) on_event(ready[i].data.ptr, ready[i].events);
  }

 private:
  static constexpr int kBatch = 256;
  int fd_;
};

}  // namespace weir::bench
