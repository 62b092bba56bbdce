// One HTTP/1 client connection to the proxy, one request at a time, blocking: what asks whether an
// edit has taken effect.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::bench {

class Probe {
 public:
  explicit Probe(uint16_t port) : port_(port) {}
  ~Probe() { Close(); }
  Probe(Probe&& other) noexcept;
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  // The body of a 200 to "GET /" for `host`; empty when there was none, and then status() says
  // which other answer came (0: no answer). Connects when it is not connected.
  std::string Ask(std::string_view host);
  int status() const { return status_; }

 private:
  bool Open();
  void Close();
  bool ReadAnswer(std::string& body);

  const uint16_t port_;
  int fd_ = -1;
  int status_ = 0;
};

}  // namespace weir::bench
