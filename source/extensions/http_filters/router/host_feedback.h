// What one try has shown of its host, told to all who go by it: the host's counters, outlier
// detection, the cluster's policy and its active checks. Worker's thread; made for one call.
#pragma once

#include <cstdint>
#include <optional>

#include "source/balancing/host.h"
#include "source/http/header_map.h"
#include "source/http/message.h"
#include "source/http/stream_error.h"
#include "source/upstream/local_cluster.h"

namespace weir::extensions::router {

class HostFeedback {
 public:
  // `host` may be null: there was none, and nobody is told. `sent_ns`: when the request's head went
  // out, now where it did not.
  HostFeedback(upstream::LocalCluster& cluster, const balancing::HostPtr& host, int64_t sent_ns,
               int64_t now_ns)
      : cluster_(cluster), host_(host), sent_ns_(sent_ns), now_ns_(now_ns) {}

  // What a response says beside how it went: load, and not to be asked any more.
  void OnHead(const http::ResponseHead& head) const;
  void OnTrailers(const http::HeaderMap& trailers) const;
  // How it went, a status of gRPC as the one of HTTP that it stands for. `head`: where that says
  // when to come back; null: it is long gone.
  void OnStatus(int status, const http::ResponseHead* head) const;
  void OnFailure(http::ErrorKind kind) const;
  // The whole request took too long.
  void OnTimeout() const;

  // A head of gRPC's that has nothing behind it says in a field how it went.
  static int StatusOf(const http::ResponseHead& head);

 private:
  void TellFailure(http::ErrorKind kind) const;
  void Learn(bool is_success, int64_t retry_after_ns) const;
  void LearnLoad(const http::HeaderMap& fields) const;

  upstream::LocalCluster& cluster_;
  const balancing::HostPtr& host_;
  const int64_t sent_ns_, now_ns_;
};

}  // namespace weir::extensions::router
