#include "source/restart/predecessor.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "source/base/log.h"

namespace weir::restart {

absl::StatusOr<std::unique_ptr<Predecessor>> Predecessor::Find(event::Loop& loop,
                                                               const std::string& path,
                                                               std::string_view version,
                                                               uid_t user) {
  const auto address = SocketAddress(path);
  if (!address.ok()) return address.status();
  base::Descriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (connect(socket.get(), address->raw(), address->size()) != 0) {
    // The second is what a process leaves behind that was killed.
    if (errno == ENOENT || errno == ECONNREFUSED) return nullptr;
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot connect to ", path));
  }
  if (!IsTrusted(socket.get(), user)) {
    return absl::PermissionDeniedError(absl::StrCat("another user's process serves at ", path));
  }
  auto predecessor = std::make_unique<Predecessor>(loop, std::move(socket));
  const absl::Status greeted = predecessor->Greet(version);
  if (!greeted.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat("process ", predecessor->pid(), " at ", path, ": ", greeted.message()));
  }
  return predecessor;
}

Predecessor::Predecessor(event::Loop& loop, base::Descriptor socket)
    : loop_(loop),
      socket_(std::move(socket)),
      pid_(PeerPid(socket_.get())),
      answer_timer_(loop, [this] { Finish(); }) {}

Predecessor::~Predecessor() = default;

absl::Status Predecessor::Greet(std::string_view version) {
  auto answer = Ask({kHello, kProtocol, version});
  if (!answer.ok()) return answer.status();
  if (answer->Is(kRefused, 2)) return absl::FailedPreconditionError(answer->fields[1]);
  if (!answer->Is(kWelcome, 2) || !absl::SimpleAtoi(answer->fields[1], &epoch_)) {
    return absl::FailedPreconditionError("answers what this version does not understand");
  }
  return absl::OkStatus();
}

absl::StatusOr<Packet> Predecessor::Ask(absl::Span<const std::string_view> fields) {
  const absl::Status sent = SendPacket(socket_.get(), fields);
  if (!sent.ok()) return sent;
  pollfd readable{socket_.get(), POLLIN, 0};
  int count;
  do {
    count = poll(&readable, 1, kAnswerMs);
  } while (count < 0 && errno == EINTR);
  if (count <= 0) return absl::DeadlineExceededError("does not answer");
  return ReceivePacket(socket_.get());
}

TakenSockets Predecessor::Take(std::string_view listener, const net::Address& address) {
  if (!socket_.is_open()) return {};
  auto answer = Ask({kTake, listener, address.ToString()});
  if (answer.ok() && answer->Is(kSockets, 2)) {
    return {std::move(answer->descriptors), answer->fields[1] == "1"};
  }
  WEIR_LOG(kWarning, "restart", "process ", pid_, " hands nothing over any more: ",
           answer.ok() ? "it answers what this version does not understand"
                       : std::string(answer.status().message()));
  socket_.Reset();
  return {};
}

void Predecessor::TakeOver(std::function<void()> done) {
  done_ = std::move(done);
  if (!socket_.is_open() || !SendPacket(socket_.get(), {kLive}).ok()) {
    answer_timer_.Arm(0);
    return;
  }
  answer_timer_.Arm(kAnswerMs);
  event::FdHandler& self = *this;
  event_ = std::make_unique<event::FdEvent>(loop_, socket_.get(), self);
  event_->EnableRead();
}

void Predecessor::OnReadable() {
  const auto answer = ReceivePacket(socket_.get());
  if (!answer.ok() || !answer->Is(kDrains, 1)) {
    WEIR_LOG(kWarning, "restart", "process ", pid_, " is gone before it said that it drains");
  }
  Finish();
}

void Predecessor::Finish() {
  event_.reset();
  socket_.Reset();
  answer_timer_.Cancel();
  if (done_) std::exchange(done_, nullptr)();
}

}  // namespace weir::restart
