// Tested by test/integration/restart_test.py
#include "source/server/hot_restart.h"

#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "source/base/log.h"
#include "source/server/bootstrap.h"

namespace weir::server {

HotRestart::HotRestart(event::Loop& loop, const Options& options)
    : loop_(loop),
      path_(options.hot_restart_path),
      user_(options.account ? options.account->uid : geteuid()),
      supervisor_(restart::SupervisorSockets::FromEnvironment()) {}

void HotRestart::FindPredecessor(config::Faults& faults) {
  if (path_.empty()) return;
  auto found = restart::Predecessor::Find(loop_, path_, VersionText(), user_);
  if (!found.ok()) {
    faults.Add("", absl::StrCat("--hot-restart-path: ", found.status().message()));
    return;
  }
  predecessor_ = *std::move(found);
  if (predecessor_ == nullptr) return;
  epoch_ = predecessor_->epoch() + 1;
  WEIR_LOG(kInfo, "restart", "takes over from process ", predecessor_->pid());
}

restart::TakenSockets HotRestart::Take(std::string_view listener, const net::Address& address) {
  if (predecessor_ != nullptr) {
    restart::TakenSockets taken = predecessor_->Take(listener, address);
    if (!taken.descriptors.empty()) return taken;
  }
  return supervisor_.Take(listener, address);
}

void HotRestart::Start(restart::Handover::Owner& owner) {
  if (predecessor_ == nullptr) Serve(owner);
}

void HotRestart::OnLive(restart::Handover::Owner& owner, std::function<void()> taken_over) {
  if (predecessor_ == nullptr) {
    taken_over();
    return;
  }
  predecessor_->TakeOver([this, &owner, taken_over = std::move(taken_over)] {
    const int pid = predecessor_->pid();
    predecessor_.reset();
    Serve(owner);
    taken_over();
    WEIR_LOG(kInfo, "restart", "has taken over from process ", pid);
  });
}

void HotRestart::Serve(restart::Handover::Owner& owner) {
  if (path_.empty()) return;
  auto handover = restart::Handover::Serve(loop_, path_, epoch_, owner);
  if (handover.ok()) {
    handover_ = *std::move(handover);
  } else {
    WEIR_LOG(kError, "restart", "the next process cannot take over from this one: ",
             std::string(handover.status().message()));
  }
}

}  // namespace weir::server
