// An upstream connection whose downstream is gone, but which has bytes left to write: kept alive,
// with its place in the cluster's limits, until they are written or cannot be. Deletes itself.
#pragma once

#include <memory>

#include "source/net/connection.h"
#include "source/upstream/local_cluster.h"

namespace weir::extensions::tcp_proxy {

class LastBytes final : public net::ConnectionHandler, public event::Deletable {
 public:
  // Takes over a connection that is not closing yet.
  static void Deliver(std::unique_ptr<net::Connection> connection,
                      std::unique_ptr<upstream::ConnectionRequester::Lease> lease);

  // What the peer still says has nobody to hear it.
  size_t OnRead(std::string_view bytes) override { return bytes.size(); }
  void OnReadEnd() override {}
  void OnClosed(net::CloseReason reason) override;

 private:
  std::unique_ptr<net::Connection> connection_;
  std::unique_ptr<upstream::ConnectionRequester::Lease> lease_;
};

}  // namespace weir::extensions::tcp_proxy
