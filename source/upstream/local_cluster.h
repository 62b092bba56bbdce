// A cluster as one worker sees it, made on the worker's first use: balancer cursor, pools,
// statistics cells. Everything a filter does with a cluster goes through here.
//
//   LocalCluster* cluster = slot->Here();             // null: no such cluster now
//   handle_ = cluster->RequestStream(context, priority, *this);   // → OnStreamReady /
//   OnStreamFailed
//
// Worker's thread only. A LocalCluster that was replaced or removed lives until its last stream is
// done: keep a LocalClusterRef, never a raw pointer, across turns.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "source/balancing/balancer.h"
#include "source/balancing/host.h"
#include "source/base/arena.h"
#include "source/event/loop.h"
#include "source/http/codec.h"
#include "source/http/message.h"
#include "source/http/stream_error.h"
#include "source/net/connection.h"
#include "source/upstream/cluster_config.h"
#include "source/upstream/cluster_stats.h"
#include "source/upstream/grpc_stats.h"
#include "source/upstream/traffic_findings.h"

namespace weir::upstream {

// Where an upstream stream runs, valid until OnStreamDone.
struct UpstreamInfo {
  balancing::HostPtr host;
  const net::Address* local_address = nullptr;
  // Differs from the host's where a name stands for it (LOGICAL_DNS).
  const net::Address* remote_address = nullptr;
  uint64_t connection_id = 0;
  // It had served a stream before: a loss may be a stale keep-alive.
  bool reused_connection = false;
  http::Version version = http::Version::kHttp11;  // what the connection speaks
  const net::SecureInfo* secure = nullptr;         // null: the connection is not secure
};

// Whoever wants a stream.
class StreamRequester {
 public:
  // Who hears the stream's events; asked once, when a connection is there and before OnStreamReady.
  virtual http::ClientStreamHandler& stream_handler() = 0;
  // SendHead may be called at once on `stream`.
  virtual void OnStreamReady(http::ClientStream& stream, const UpstreamInfo& upstream) = 0;
  // Called just before OnStreamFailed where the transport knows more: why a handshake failed.
  virtual void OnTransportFailure(std::string_view reason) {}
  // No stream: kNoHost, kOverflow, kConnectFailed, kConnectTimeout. `host` null when none was
  // picked.
  virtual void OnStreamFailed(const http::StreamError& error, const balancing::HostPtr& host) = 0;

 protected:
  ~StreamRequester() = default;
};

// A request that waits for a connection. Destroying it takes the request back.
class PendingStream {
 public:
  virtual ~PendingStream() = default;
};

class ConnectionRequester {
 public:
  // A connection, started by the receiver, its handshake over; limits are released when `lease` is
  // destroyed.
  class Lease {
   public:
    virtual ~Lease() = default;
  };
  // Owns `fd`-level state through the Connection; set_handler was called with `handler()`.
  virtual net::ConnectionHandler& handler() = 0;
  virtual void OnConnectionReady(std::unique_ptr<net::Connection> connection,
                                 balancing::HostPtr host, std::unique_ptr<Lease> lease) = 0;
  // As with StreamRequester.
  virtual void OnTransportFailure(std::string_view reason) {}
  virtual void OnConnectionFailed(const http::StreamError& error,
                                  const balancing::HostPtr& host) = 0;

 protected:
  ~ConnectionRequester() = default;
};

struct HostCounts {
  uint32_t total = 0, healthy = 0, degraded = 0;
};

class LocalCluster {
 public:
  virtual ~LocalCluster() = default;

  virtual const ClusterConfig& config() const = 0;
  virtual ClusterStats& stats() = 0;
  // Of the hosts that it has now.
  virtual HostCounts host_counts() = 0;
  // Null where nobody keeps them.
  virtual GrpcStats* grpc_stats() { return nullptr; }

  // Who wants to hear how requests went; null: nobody, the policy does not learn.
  virtual const balancing::Balancer* learner() { return nullptr; }
  // Who wants to hear what hosts say of their load; null: nobody.
  virtual const balancing::Balancer* load_listener() { return nullptr; }
  // Null where nobody asks.
  virtual TrafficFindings* findings() { return nullptr; }

  // Picks a host, obeys the breakers of `priority` (0 default, 1 high) and finds or opens a
  // connection. The answer may come before the call returns (a connection was idle, or a breaker
  // refused): then the result is null and nothing is pending. `arena` holds the response's heads
  // and outlives the stream.
  virtual std::unique_ptr<PendingStream> RequestStream(const balancing::PickContext& context,
                                                       int priority, base::Arena& arena,
                                                       StreamRequester& requester) = 0;
  virtual std::unique_ptr<PendingStream> RequestConnection(const balancing::PickContext& context,
                                                           int priority,
                                                           ConnectionRequester& requester) = 0;
  // Circuit breaker for retries: true takes a place; give it back with FinishRetry.
  virtual bool StartRetry(int priority) = 0;
  virtual void FinishRetry(int priority) = 0;

  // Counted by LocalClusterRef.
  void Ref() { ++refs_; }
  virtual void Unref() = 0;

 protected:
  uint32_t refs_ = 0;
};

class LocalClusterRef {
 public:
  LocalClusterRef() = default;
  explicit LocalClusterRef(LocalCluster* cluster) : cluster_(cluster) {
    if (cluster_ != nullptr) cluster_->Ref();
  }
  LocalClusterRef(LocalClusterRef&& other) noexcept : cluster_(other.cluster_) {
    other.cluster_ = nullptr;
  }
  LocalClusterRef& operator=(LocalClusterRef&& other) noexcept {
    std::swap(cluster_, other.cluster_);
    return *this;
  }
  ~LocalClusterRef() {
    if (cluster_ != nullptr) cluster_->Unref();
  }
  LocalCluster* get() const { return cluster_; }
  LocalCluster* operator->() const { return cluster_; }
  explicit operator bool() const { return cluster_ != nullptr; }

 private:
  LocalCluster* cluster_ = nullptr;
};

}  // namespace weir::upstream
