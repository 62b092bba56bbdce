#include "test/bench/sockets.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace weir::bench {

namespace {

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int NewSocket() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) Die("socket");
  return fd;
}

void SetOption(int fd, int level, int name) {
  const int on = 1;
  setsockopt(fd, level, name, &on, sizeof(on));
}

}  // namespace

void Die(std::string_view what) {
  std::fprintf(stderr, "%.*s: %s\n", static_cast<int>(what.size()), what.data(), strerror(errno));
  std::exit(1);
}

uint64_t NowNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

void PrepareProcess() {
  signal(SIGPIPE, SIG_IGN);
  rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int Listen(uint16_t port) {
  const int fd = NewSocket();
  SetOption(fd, SOL_SOCKET, SO_REUSEADDR);
  const sockaddr_in address = Loopback(port);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) Die("bind");
  if (listen(fd, 4096) != 0) Die("listen");
  return fd;
}

uint16_t PortOf(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) Die("getsockname");
  return ntohs(address.sin_port);
}

int Accept(int listener) {
  const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) SetOption(fd, IPPROTO_TCP, TCP_NODELAY);
  return fd;
}

int Connect(uint16_t port) {
  const int fd = NewSocket();
  SetOption(fd, IPPROTO_TCP, TCP_NODELAY);
  const sockaddr_in address = Loopback(port);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 &&
      errno != EINPROGRESS) {
    close(fd);
    return -1;
  }
  return fd;
}

std::vector<uint16_t> ParsePorts(std::string_view text) {
  std::vector<uint16_t> ports;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    ports.push_back(static_cast<uint16_t>(ParseNumber(text.substr(0, comma))));
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return ports;
}

void AnnounceReady(const std::vector<int>& listeners) {
  std::printf("ready ");
  for (size_t i = 0; i < listeners.size(); ++i) {
    std::printf("%s%d", i == 0 ? "" : ",", PortOf(listeners[i]));
  }
  std::printf("\n");
  std::fflush(stdout);
}

size_t EndOfHead(std::string_view bytes) {
  const void* found = memmem(bytes.data(), bytes.size(), "\r\n\r\n", 4);
  return found == nullptr ? std::string_view::npos
                          : static_cast<const char*>(found) - bytes.data() + 4;
}

std::string_view HeaderValue(std::string_view head, std::string_view name) {
  for (size_t line = head.find('\n'); line != std::string_view::npos;
       line = head.find('\n', line + 1)) {
    const std::string_view field = head.substr(line + 1);
    if (field.size() <= name.size() || field[name.size()] != ':' ||
        strncasecmp(field.data(), name.data(), name.size()) != 0) {
      continue;
    }
    std::string_view value = field.substr(name.size() + 1);
    value = value.substr(0, value.find('\r'));
    return value.substr(std::min(value.find_first_not_of(' '), value.size()));
  }
  return {};
}

uint64_t ParseNumber(std::string_view digits) {
  uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

Poller::Poller() : fd_(epoll_create1(EPOLL_CLOEXEC)) {
  if (fd_ < 0) Die("epoll_create1");
}

void Poller::Add(int fd, uint32_t events, void* entry) {
  epoll_event event{.events = events, .data = {.ptr = entry}};
  if (epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event) != 0) Die("epoll_ctl");
}

void Poller::Change(int fd, uint32_t events, void* entry) {
  epoll_event event{.events = events, .data = {.ptr = entry}};
  if (epoll_ctl(fd_, EPOLL_CTL_MOD, fd, &event) != 0) Die("epoll_ctl");
}

}  // namespace weir::bench
