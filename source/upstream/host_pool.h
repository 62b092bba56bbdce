// The HTTP connections of one worker to one host for one priority, and the requests that wait for
// one. Idle connections are taken last in, first out, so that surplus ones time out; requests first
// come, first served. Worker's thread only.
//
//   RequestStream ─┬─ idle connection ─► stream at once
//                  └─ none ─► pending ─┬─ a connection opens or becomes free ─► stream
//                                      ├─ the last attempt to connect fails ─► all pending fail
//                                      └─ the host is removed ─► another host is picked
//
// There are never more attempts to connect than requests that wait. At max_connections the pool
// is blocked until a connection is given back somewhere in the process.
#pragma once

#include <cstdint>
#include <memory>

#include "source/base/intrusive_list.h"
#include "source/event/loop.h"
#include "source/upstream/connect_attempt.h"
#include "source/upstream/http_connection.h"
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
  virtual const net::Address& AddressOf(const Host& host) = 0;
  // No connection is left to take: RetryConnecting is called when one may be.
  virtual void OnBlocked(HostPool& pool) = 0;
  // The pool of a host that is still there, for a request whose host is gone; null: there is none.
  virtual HostPool* PickPool(int priority) = 0;
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
  HostPool(const WorkerContext& context, HostPoolOwner& owner, HostPtr host, int priority);
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

  const HostPtr& host() const { return host_; }
  int priority() const { return priority_; }

 private:
  friend class PendingRequest;

  // HttpConnectionOwner
  void OnAvailable(HttpConnection& connection) override;
  void OnClosing(HttpConnection& connection) override;
  void OnClosed(HttpConnection& connection) override;
  // ConnectOwner
  void OnConnected(ConnectAttempt& attempt, int fd) override;
  void OnConnectFailed(ConnectAttempt& attempt, const http::StreamError& error) override;

  void Enqueue(PendingRequest& pending);
  void Adopt(PendingRequest& pending);
  void Leave(PendingRequest& pending);
  void Fail(PendingRequest& pending, const http::StreamError& error);
  void FailAll(const http::StreamError& error);
  void Start(HttpConnection& connection, base::Arena& arena, StreamRequester& requester);
  bool Connect();
  void EndAttempt(ConnectAttempt& attempt);
  void CountHostRequest(int change);
  void CheckEmpty();

  const WorkerContext& context_;
  HostPoolOwner& owner_;
  const HostPtr host_;
  const int priority_;
  base::IntrusiveList<HttpConnection> idle_;    // most recently used first
  base::IntrusiveList<HttpConnection> others_;  // busy or closing
  base::IntrusiveList<ConnectAttempt> attempts_;
  base::IntrusiveList<PendingRequest> pending_;
  uint32_t attempt_count_ = 0;
  uint32_t pending_count_ = 0;
  bool is_retired_ = false;
  bool is_failing_all_ = false;
  bool is_empty_reported_ = false;
};

}  // namespace weir::upstream
