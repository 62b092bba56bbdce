#include "source/upstream/connect_attempt.h"

#include <utility>

#include "source/base/log.h"
#include "source/upstream/upstream_errors.h"

namespace weir::upstream {

ConnectAttempt::ConnectAttempt(const WorkerContext& context, ConnectionSlot slot,
                               const net::Address& to, ConnectOwner& owner)
    : context_(context),
      owner_(owner),
      address_(to),
      start_ms_(context.loop.now_ms()),
      slot_(std::move(slot)),
      connector_(net::Connector::Start(context.loop, to, context.cluster.config()->connect,
                                       [this](absl::StatusOr<int> fd) { OnDone(std::move(fd)); })) {
}

void ConnectAttempt::OnDone(absl::StatusOr<int> fd) {
  if (fd.ok()) {
    context_.stats.upstream_cx_connect_ms.Record(context_.loop.now_ms() - start_ms_);
    owner_.OnConnected(*this, *fd);
    return;
  }
  const bool timed_out = absl::IsDeadlineExceeded(fd.status());
  WEIR_LOG(kDebug, "upstream", "cluster '", context_.cluster.config()->name, "': no connection to ",
           slot_.host()->address_text(), ": ", fd.status().message());
  context_.stats.upstream_cx_connect_fail.Add();
  if (timed_out) context_.stats.upstream_cx_connect_timeout.Add();
  slot_.host()->connect_failures.fetch_add(1, std::memory_order_relaxed);
  slot_.NoteEnd(!timed_out, false);
  owner_.OnConnectFailed(*this, timed_out ? kConnectTimeoutError : kConnectFailedError);
}

}  // namespace weir::upstream
