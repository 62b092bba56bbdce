// The HTTP connections of one worker to one host for one priority, and the requests that wait for
// one. Connections are used to their limit before another one is taken, and idle ones last in,
// first out, so that surplus ones time out; requests first come, first served. Worker's thread
// only.
//
//   RequestStream ─┬─ a connection has room ─► stream at once
//                  └─ none ─► pending ─┬─ a connection opens or gets room ─► stream
//                                      ├─ the last attempt to connect fails ─► all pending fail
//                                      └─ the host is removed ─► another host is picked
//
// There are never more attempts to connect than the requests that wait fill, going by how many
// streams a connection to this host is known, or else hoped, to bear. At max_connections, of
// the cluster or the host, the pool is blocked until a connection is given back somewhere in the
// process.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "source/base/intrusive_list.h"
#include "source/event/loop.h"
#include "source/upstream/connect_attempt.h"
#include "source/upstream/http_connection.h"
#include "source/upstream/pool_key.h"
#include "source/upstream/worker_context.h"

namespace weir::upstream {

class HostPool;
struct BlockedTag;

// A request that waits; the router's handle of it.
class PendingRequest final : public PendingStream, public base::ListNode<PendingRequest> {
 public:
  PendingRequest(LocalCluster& cluster, base::Arena& arena, StreamRequester& requester)
      : cluster_(&cluster), arena_(arena), requester_(requester) {}
  ~PendingRequest() override;

 private:
  friend class HostPool;

  const LocalClusterRef cluster_;
  base::Arena& arena_;
  StreamRequester& requester_;
  HostPool* pool_ = nullptr;  // null once it was answered
};

// The cluster as its pools see it.
class HostPoolOwner {
 public:
  // Where to connect to: the host's address, unless a name stands for it.
  virtual const net::Address& AddressOf(const balancing::Host& host) = 0;
  // No connection is left to take: RetryConnecting is called when one may be.
  virtual void OnBlocked(HostPool& pool) = 0;
  // The pool that is to `pool`'s requests what `pool` was, of a host that is still there; null:
  // there is none.
  virtual HostPool* PickPoolLike(const HostPool& pool) = 0;
  // The pool holds nothing: destroy it with DeleteLater.
  virtual void OnEmpty(HostPool& pool) = 0;

 protected:
  ~HostPoolOwner() = default;
};

class HostPool final : public event::Deletable,
                       public base::ListNode<HostPool, BlockedTag>,
                       private HttpConnectionOwner,
                       private ConnectOwner {
 public:
  // `key.host` is `*host`.
  HostPool(const WorkerContext& context, HostPoolOwner& owner, balancing::HostPtr host,
           int priority, const PoolKey& key);
  ~HostPool() override;

  // See LocalCluster::RequestStream.
  std::unique_ptr<PendingStream> RequestStream(base::Arena& arena, StreamRequester& requester);
  // Connects for those who wait, as far as the limit allows.
  void RetryConnecting();

  // Idle connections close now, busy ones when done; new ones are made all the same.
  void DrainConnections();
  // As above, and what was waiting for this host goes to others.
  void RemoveHost();
  // From now on every connection closes when nobody waits for it.
  void Retire();
  // Closes the connection that has been idle longest; false when none is.
  bool CloseOneIdle();

  const balancing::HostPtr& host() const { return host_; }
  int priority() const { return priority_; }
  PoolKey key() const { return {host_.get(), protocol_, name_}; }

 private:
  friend class PendingRequest;

  // HttpConnectionOwner
  void OnAvailable(HttpConnection& connection) override;
  void OnClosing(HttpConnection& connection) override;
  void OnClosed(HttpConnection& connection) override;
  // ConnectOwner
  void OnConnected(ConnectAttempt& attempt, std::unique_ptr<net::Connection> connection) override;
  void OnConnectFailed(ConnectAttempt& attempt, const http::StreamError& error,
                       std::string_view reason) override;

  void Enqueue(PendingRequest& pending);
  void Adopt(PendingRequest& pending);
  void Leave(PendingRequest& pending);
  void Fail(PendingRequest& pending, const http::StreamError& error, std::string_view reason = {});
  void FailAll(const http::StreamError& error, std::string_view reason);
  HttpConnection* FindRoom();
  void Serve();
  void Start(HttpConnection& connection, base::Arena& arena, StreamRequester& requester);
  void Settle(HttpConnection& connection);
  void LearnCapacity(const HttpConnection& connection);
  uint32_t HopedStreams() const;
  bool Connect();
  void EndAttempt(ConnectAttempt& attempt);
  void CountHostRequest(int change);
  void CheckEmpty();

  const WorkerContext& context_;
  HostPoolOwner& owner_;
  const balancing::HostPtr host_;
  const std::string name_;
  const int priority_;
  const HttpProtocol protocol_;
  bool is_retired_ = false;
  bool is_failing_all_ = false;
  bool is_serving_ = false;
  bool is_empty_reported_ = false;
  base::IntrusiveList<HttpConnection> shared_;  // busy, with room for more; first is filled first
  base::IntrusiveList<HttpConnection> idle_;    // most recently used first
  base::IntrusiveList<HttpConnection> others_;  // full or closing
  base::IntrusiveList<ConnectAttempt> attempts_;
  base::IntrusiveList<PendingRequest> pending_;
  uint32_t attempt_count_ = 0;
  uint32_t pending_count_ = 0;
  uint32_t streams_per_connection_;  // known of the last one, or hoped
};

}  // namespace weir::upstream
