// One c-ares channel on an event loop: asks for the addresses of one family. The only user of
// c-ares; what several families mean together is for dns.cc. Loop's thread only.
#pragma once

#include <ares.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/net/address.h"
#include "source/net/dns.h"

namespace weir::net {

struct DnsReply {
  enum class Kind { kFound, kNoAddresses, kNoSuchName, kFailed };

  Kind kind = Kind::kFailed;
  std::vector<Address> addresses;
  int64_t ttl_s = 0;
  std::string error;  // of kFailed
};

class DnsChannel {
 public:
  using OnReply = absl::AnyInvocable<void(DnsReply)>;

  static absl::StatusOr<std::unique_ptr<DnsChannel>> Create(event::Loop& loop,
                                                            const DnsOptions& options);
  ~DnsChannel();
  DnsChannel(const DnsChannel&) = delete;
  DnsChannel& operator=(const DnsChannel&) = delete;

  // Runs `on_reply` once, maybe before this returns (a name in the hosts file), and from inside
  // c-ares: it must not destroy the channel. Not at all when the channel ends first.
  void Ask(const std::string& name, int family, OnReply on_reply);

 private:
  class Watch;
  struct Pending;

  DnsChannel(event::Loop& loop, const DnsOptions& options);
  absl::Status Open();
  absl::Status SetResolvers(ares_channel channel) const;
  // A process outlives its resolv.conf (a laptop, a container whose network came late), and c-ares
  // reads it once: after a failure that may come from that, the next question starts afresh.
  void ReopenIfSuspect();
  void Process(int readable_fd, int writable_fd);
  void ArmTimer();
  void OnSocketState(int fd, bool wants_read, bool wants_write);

  static void OnSocketStateThunk(void* self, ares_socket_t fd, int readable, int writable);
  static void OnAddressInfo(void* pending, int status, int timeouts, ares_addrinfo* info);

  event::Loop& loop_;
  const DnsOptions options_;
  event::Timer timer_;
  absl::flat_hash_map<int, std::unique_ptr<Watch>> watches_;
  ares_channel channel_ = nullptr;
  int pending_count_ = 0;
  bool is_suspect_ = false;
};

}  // namespace weir::net
