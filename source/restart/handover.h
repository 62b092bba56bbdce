// The way in for the process that is to serve after this one: a Unix-domain socket at a path, mode
// 0600, where it asks for the listening sockets and says when it serves (see packet.h). One
// successor at a time; one that goes away before it serves has changed nothing. Main thread.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "source/event/fd_event.h"
#include "source/net/address.h"
#include "source/restart/packet.h"

namespace weir::restart {

// TakenSockets as the process that lends them sees them: the descriptors stay its own.
struct LentSockets {
  std::vector<int> descriptors;
  bool outlive_us = false;
};

class Handover final : private event::FdHandler {
 public:
  class Owner {
   public:
    // See SocketSource::Take(). From now on the successor may accept from them, too.
    virtual LentSockets LendSockets(std::string_view listener, const net::Address& address) = 0;
    // The successor has gone without having served: nothing is lent any more.
    virtual void TakeBackSockets() = 0;
    // The successor serves: this process drains, and leaves what it lent to the successor.
    virtual void StepDown() = 0;

   protected:
    ~Owner() = default;
  };

  // Takes the path's place from whoever has it. `epoch`: how many processes served before this
  // one. The error names the path.
  static absl::StatusOr<std::unique_ptr<Handover>> Serve(event::Loop& loop, const std::string& path,
                                                         uint64_t epoch, Owner& owner);
  Handover(event::Loop& loop, const std::string& path, base::Descriptor socket, uint64_t epoch,
           Owner& owner);
  // Removes the path unless it has stepped down, or somebody else has it.
  ~Handover();

 private:
  class Visitor;
  static constexpr size_t kMaxVisitors = 8;

  void OnReadable() override;
  void OnWritable() override {}
  // Empty: it may be the successor.
  std::string_view WhyNot() const;
  void OnLive();
  void OnGone(Visitor& visitor);

  event::Loop& loop_;
  const std::string path_;
  const base::Descriptor socket_;
  struct stat file_ {};
  const uint64_t epoch_;
  Owner& owner_;
  event::FdEvent event_;
  std::vector<std::unique_ptr<Visitor>> visitors_;
  const Visitor* successor_ = nullptr;  // one of them: it was welcome
  bool has_stepped_down_ = false;
};

}  // namespace weir::restart
