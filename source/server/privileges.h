// What the process may do, and what it gives up: rights that serving does not need, and dumps of a
// memory that holds keys and traffic. Main thread.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace weir::server {

struct Account {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
};

// "weir", "weir:adm", "65532", "65532:65532": a user and, if it is not the user's own, a group.
// The error names what there is not.
absl::StatusOr<Account> FindAccount(std::string_view text);

// Before other threads are started. Nothing that is executed from now on has more rights than this
// process. Unless `dumps_core`, a crash leaves no image of the memory behind, and other processes
// of the same user may not look into it (prctl(2): PR_SET_NO_NEW_PRIVS, PR_SET_DUMPABLE).
void HardenProcess(bool dumps_core);

// Gives up all rights of root but one, CAP_NET_BIND_SERVICE: a control plane may send a listener
// for port 443 at any time. All threads. The error says which step the kernel refused; the process
// must not serve then.
absl::Status RunAs(const Account& account, bool dumps_core);

}  // namespace weir::server
