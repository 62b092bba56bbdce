#include "source/discovery/secure_tunnel.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace weir::discovery {
namespace {

constexpr uint32_t kOutputLimitBytes = 256 * 1024;

net::ConnectionOptions SideOptions() {
  net::ConnectionOptions options;
  options.output_limit_bytes = kOutputLimitBytes;
  return options;
}

}  // namespace

SecureTunnel::SecureTunnel(event::Loop& loop, int fd,
                           std::unique_ptr<net::TransportSocket> transport, int64_t timeout_ms,
                           OnReady on_ready, OnEnded on_ended)
    : loop_(loop),
      timeout_(loop, [this] { OnTimeout(); }),
      on_ready_(std::move(on_ready)),
      on_ended_(std::move(on_ended)) {
  secure_.connection =
      std::make_unique<net::Connection>(loop_, fd, static_cast<net::ConnectionHandler&>(secure_),
                                        SideOptions(), std::move(transport));
  timeout_.Arm(timeout_ms);
  secure_.connection->Start();
}

SecureTunnel::~SecureTunnel() = default;

void SecureTunnel::OnEstablished(Side& side) {
  if (&side != &secure_) return;
  timeout_.Cancel();
  const std::string_view alpn = secure_.connection->transport()->alpn();
  if (!alpn.empty() && alpn != "h2") {
    Fail(absl::StrCat("the server chose ", absl::string_view(alpn.data(), alpn.size()),
                      ", and gRPC needs h2"));
    return secure_.connection->Close(net::CloseMode::kNow);
  }
  absl::StatusOr<int> fd = OpenLocal();
  if (!fd.ok()) secure_.connection->Close(net::CloseMode::kNow);
  OnReady on_ready = std::exchange(on_ready_, nullptr);
  on_ready(std::move(fd));
}

absl::StatusOr<int> SecureTunnel::OpenLocal() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
    const int error = errno;
    return absl::UnavailableError(
        absl::StrCat("cannot make a socket pair: ", std::generic_category().message(error)));
  }
  local_.connection = std::make_unique<net::Connection>(
      loop_, ends[0], static_cast<net::ConnectionHandler&>(local_), SideOptions());
  local_.connection->Start();
  return ends[1];
}

size_t SecureTunnel::Side::OnRead(std::string_view bytes) {
  net::Connection* const other = tunnel_.OtherOf(*this).connection.get();
  if (other == nullptr) return bytes.size();
  other->output().Append(bytes);
  other->FlushLater();
  return bytes.size();
}

void SecureTunnel::Side::OnOutputHigh() { tunnel_.OtherOf(*this).connection->PauseReading(); }

void SecureTunnel::Side::OnOutputLow() { tunnel_.OtherOf(*this).connection->ResumeReading(); }

// What the side that ended had sent still goes out on the other.
void SecureTunnel::OnClosed(Side& side) {
  side.is_over = true;
  if (&side == &secure_) Fail(side.connection->close_details());
  Side& other = OtherOf(side);
  if (other.connection != nullptr && !other.is_over) {
    return other.connection->Close(net::CloseMode::kFlushNoWait);
  }
  on_ended_(*this);
}

void SecureTunnel::OnTimeout() {
  Fail("it took longer than connect_timeout");
  secure_.connection->Close(net::CloseMode::kReset);
}

void SecureTunnel::Fail(std::string_view reason) {
  timeout_.Cancel();
  if (on_ready_ == nullptr) return;
  OnReady on_ready = std::exchange(on_ready_, nullptr);
  on_ready(absl::UnavailableError(
      absl::StrCat("handshake failed: ", absl::string_view(reason.data(), reason.size()))));
}

}  // namespace weir::discovery
