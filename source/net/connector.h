// Opens a connection: socket, non-blocking connect, timeout. Worker's (or main's) thread.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "source/event/loop.h"
#include "source/net/address.h"

namespace weir::net {

struct ConnectOptions {
  int64_t timeout_ms = 5000;
  Address bind_address = {};  // unset: the kernel chooses
  bool tcp_keepalive = false;
  int keepalive_probes = 0, keepalive_time_s = 0, keepalive_interval_s = 0;  // 0: the kernel's

  friend bool operator==(const ConnectOptions&, const ConnectOptions&) = default;
};

// Destroying it before the callback ran abandons the attempt.
class Connector {
 public:
  // The connected descriptor (the callee's from now on), or why not: kDeadlineExceeded for the
  // timeout, kUnavailable with the errno's text otherwise. Never called before Start returns.
  using OnDone = absl::AnyInvocable<void(absl::StatusOr<int> fd)>;

  static std::unique_ptr<Connector> Start(event::Loop& loop, const Address& to,
                                          const ConnectOptions& options, OnDone on_done);
  virtual ~Connector() = default;
};

}  // namespace weir::net
