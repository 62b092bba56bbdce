// Writes the secrets of chosen connections to a file in NSS's format, so that a capture of their
// packets can be read. Whoever reads the file reads the traffic: it is made with mode 0600.
// Thread-safe; a line is one write.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "source/net/cidr.h"

namespace weir::tls {

struct KeyLogConfig {
  std::string path;
  // Of the connection's addresses; empty: all.
  std::vector<net::CidrRange> local_ranges, remote_ranges;
};

class KeyLog {
 public:
  static absl::StatusOr<std::shared_ptr<KeyLog>> Open(KeyLogConfig config);
  ~KeyLog();
  // `fd`: the connection's.
  void Write(int fd, std::string_view line);

 private:
  KeyLog(KeyLogConfig config, int file) : config_(std::move(config)), file_(file) {}
  bool IsWanted(int fd) const;

  const KeyLogConfig config_;
  const int file_;
};

}  // namespace weir::tls
