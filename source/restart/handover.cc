#include "source/restart/handover.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "source/base/log.h"
#include "source/base/strings.h"

namespace weir::restart {

namespace {

// As the successor spelled it, see Address::ToString().
net::Address ParseAddress(const std::string& text) {
  auto address = net::Address::ParseIpPort(text);
  if (!address.ok()) address = net::Address::Pipe(text);
  return address.ok() ? *address : net::Address();
}

}  // namespace

// A process that wants to be the next one.
class Handover::Visitor final : public event::Deletable, private event::FdHandler {
 public:
  Visitor(Handover& handover, base::Descriptor socket)
      : handover_(handover),
        socket_(std::move(socket)),
        pid_(PeerPid(socket_.get())),
        event_(handover.loop_, socket_.get(), *this) {
    event_.EnableRead();
  }

  int pid() const { return pid_; }

 private:
  void OnReadable() override {
    const auto packet = ReceivePacket(socket_.get());
    if (absl::IsUnavailable(packet.status())) return;
    if (!packet.ok() || !Answer(*packet)) handover_.OnGone(*this);
  }
  void OnWritable() override {}

  // False: there is nothing more to say to it.
  bool Answer(const Packet& packet) {
    const bool is_successor = handover_.successor_ == this;
    if (!is_successor) return packet.Is(kHello, 3) && Greet(packet.fields[1], packet.fields[2]);
    if (packet.Is(kTake, 3)) {
      const LentSockets sockets =
          handover_.owner_.LendSockets(packet.fields[1], ParseAddress(packet.fields[2]));
      return Send({kSockets, sockets.outlive_us ? "1" : "0"}, sockets.descriptors);
    }
    if (!packet.Is(kLive, 1) || handover_.has_stepped_down_) return false;
    handover_.OnLive();
    return Send({kDrains});
  }

  bool Greet(const std::string& protocol, const std::string& version) {
    std::string why(handover_.WhyNot());
    if (protocol != kProtocol) {
      why = base::StrCat("speaks protocol ", kProtocol, " of restarts, and version ", version,
                         " protocol ", protocol);
    }
    if (!why.empty()) {
      WEIR_LOG(kWarning, "restart", "process ", pid_, " may not take over: this one ", why);
      // It closes the connection once it has read this.
      return Send({kRefused, why});
    }
    WEIR_LOG(kInfo, "restart", "process ", pid_, " prepares to take over");
    handover_.successor_ = this;
    return Send({kWelcome, base::StrCat(handover_.epoch_)});
  }

  bool Send(absl::Span<const std::string_view> fields, const std::vector<int>& descriptors = {}) {
    const absl::Status sent = SendPacket(socket_.get(), fields, descriptors);
    if (!sent.ok()) {
      WEIR_LOG(kWarning, "restart", "cannot answer process ", pid_, ": ",
               std::string(sent.message()));
    }
    return sent.ok();
  }

  Handover& handover_;
  const base::Descriptor socket_;
  const int pid_;
  event::FdEvent event_;
};

absl::StatusOr<std::unique_ptr<Handover>> Handover::Serve(event::Loop& loop,
                                                          const std::string& path, uint64_t epoch,
                                                          Owner& owner) {
  // Under another name until it listens, so that whoever connects finds the one or the other.
  const std::string fresh = path + ".new";
  const auto address = SocketAddress(fresh);
  if (!address.ok()) return address.status();
  base::Descriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  unlink(fresh.c_str());
  if (bind(socket.get(), address->raw(), address->size()) != 0) {
    return absl::ErrnoToStatus(errno, base::StrCat("cannot bind ", fresh));
  }
  // Before it listens: nobody can connect while the mode is wider.
  if (chmod(fresh.c_str(), 0600) != 0 || listen(socket.get(), 8) != 0 ||
      rename(fresh.c_str(), path.c_str()) != 0) {
    const absl::Status error = absl::ErrnoToStatus(errno, base::StrCat("cannot listen on ", path));
    unlink(fresh.c_str());
    return error;
  }
  return std::make_unique<Handover>(loop, path, std::move(socket), epoch, owner);
}

Handover::Handover(event::Loop& loop, const std::string& path, base::Descriptor socket,
                   uint64_t epoch, Owner& owner)
    : loop_(loop),
      path_(path),
      socket_(std::move(socket)),
      epoch_(epoch),
      owner_(owner),
      event_(loop, socket_.get(), *this) {
  if (lstat(path.c_str(), &file_) != 0) file_ = {};
  event_.EnableRead();
}

Handover::~Handover() {
  // The path is the successor's, who may be putting its own socket there right now.
  if (has_stepped_down_) return;
  struct stat now;
  const bool is_ours =
      lstat(path_.c_str(), &now) == 0 && now.st_ino == file_.st_ino && now.st_dev == file_.st_dev;
  if (is_ours) unlink(path_.c_str());
}

void Handover::OnReadable() {
  base::Descriptor socket(accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket.is_open() || visitors_.size() == kMaxVisitors) return;
  if (!IsTrusted(socket.get(), geteuid())) {
    WEIR_LOG(kWarning, "restart", "process ", PeerPid(socket.get()),
             " may not take over: it runs as another user");
    return;
  }
  visitors_.push_back(std::make_unique<Visitor>(*this, std::move(socket)));
}

std::string_view Handover::WhyNot() const {
  if (has_stepped_down_) return "has a successor already, and drains";
  return successor_ != nullptr ? "is being taken over from already" : "";
}

void Handover::OnLive() {
  WEIR_LOG(kInfo, "restart", "process ", successor_->pid(), " serves: this one drains");
  has_stepped_down_ = true;
  owner_.StepDown();
}

void Handover::OnGone(Visitor& visitor) {
  if (successor_ == &visitor) {
    successor_ = nullptr;
    if (!has_stepped_down_) {
      WEIR_LOG(kWarning, "restart", "process ", visitor.pid(),
               " is gone before it served: this one goes on");
      owner_.TakeBackSockets();
    }
  }
  const auto found =
      std::find_if(visitors_.begin(), visitors_.end(),
                   [&](const std::unique_ptr<Visitor>& known) { return known.get() == &visitor; });
  loop_.DeleteLater(std::move(*found));
  visitors_.erase(found);
}

}  // namespace weir::restart
