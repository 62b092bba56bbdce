#include "source/extensions/network_filters/tcp_proxy/last_bytes.h"

#include <utility>

namespace weir::extensions::tcp_proxy {

void LastBytes::Deliver(std::unique_ptr<net::Connection> connection,
                        std::unique_ptr<upstream::ConnectionRequester::Lease> lease) {
  auto* self = new LastBytes();  // deleted in OnClosed
  self->connection_ = std::move(connection);
  self->lease_ = std::move(lease);
  self->connection_->set_handler(*self);
  self->connection_->Close(net::CloseMode::kFlush);
}

void LastBytes::OnClosed(net::CloseReason) {
  lease_.reset();
  event::Loop& loop = connection_->loop();
  loop.DeleteLater(std::move(connection_));
  loop.DeleteLater(std::unique_ptr<event::Deletable>(this));
}

}  // namespace weir::extensions::tcp_proxy
