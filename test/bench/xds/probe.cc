#include "test/bench/xds/probe.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <utility>

#include "test/bench/sockets.h"

namespace weir::bench {
namespace {

constexpr int kPatienceS = 5;  // for one answer

}  // namespace

Probe::Probe(Probe&& other) noexcept
    : port_(other.port_), fd_(std::exchange(other.fd_, -1)), status_(other.status_) {}

std::string Probe::Ask(std::string_view host) {
  status_ = 0;
  if (fd_ < 0 && !Open()) return {};
  std::string request = "GET / HTTP/1.1\r\nhost: ";
  request.append(host).append("\r\n\r\n");
  std::string body;
  if (send(fd_, request.data(), request.size(), MSG_NOSIGNAL) !=
          static_cast<ssize_t>(request.size()) ||
      !ReadAnswer(body)) {
    Close();
    return {};
  }
  return status_ == 200 ? body : std::string();
}

bool Probe::ReadAnswer(std::string& body) {
  std::string bytes;
  size_t head_end, size;
  do {
    char part[4096];
    const ssize_t count = recv(fd_, part, sizeof(part), 0);
    if (count <= 0) return false;
    bytes.append(part, static_cast<size_t>(count));
    head_end = EndOfHead(bytes);
    if (head_end == std::string::npos) continue;
    size = head_end + ParseNumber(HeaderValue(bytes, "content-length"));
  } while (head_end == std::string::npos || bytes.size() < size);
  status_ = static_cast<int>(ParseNumber(std::string_view(bytes).substr(9, 3)));
  body = bytes.substr(head_end);
  if (HeaderValue(std::string_view(bytes).substr(0, head_end), "connection") == "close") Close();
  return true;
}

bool Probe::Open() {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) Die("socket");
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const timeval patience{kPatienceS, 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return true;
  Close();
  return false;
}

void Probe::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

}  // namespace weir::bench
