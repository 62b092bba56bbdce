#include "source/server/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/numbers.h"
#include "source/base/strings.h"

namespace weir::server {

namespace {

absl::Status FindUser(const std::string& text, Account& account) {
  const passwd* entry = getpwnam(text.c_str());
  if (entry == nullptr && absl::SimpleAtoi(text, &account.uid)) {
    entry = getpwuid(account.uid);
    // A number needs no name, as in a container's runAsUser.
    account.gid = account.uid;
    if (entry == nullptr) return absl::OkStatus();
  }
  if (entry == nullptr) {
    return absl::NotFoundError(base::StrCat("there is no user \"", text, "\""));
  }
  account.name = entry->pw_name;
  account.uid = entry->pw_uid;
  account.gid = entry->pw_gid;
  return absl::OkStatus();
}

absl::Status FindGroup(const std::string& text, Account& account) {
  if (const group* entry = getgrnam(text.c_str()); entry != nullptr) {
    account.gid = entry->gr_gid;
    return absl::OkStatus();
  }
  if (absl::SimpleAtoi(text, &account.gid)) return absl::OkStatus();
  return absl::NotFoundError(base::StrCat("there is no group \"", text, "\""));
}

absl::Status SetGroups(const Account& account) {
  const int set =
      account.name.empty() ? setgroups(0, nullptr) : initgroups(account.name.c_str(), account.gid);
  return set == 0 ? absl::OkStatus() : absl::ErrnoToStatus(errno, "cannot set the groups");
}

absl::Status KeepBindingOnly() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
  // A container may have taken it from root.
  if (syscall(SYS_capget, &header, sets) != 0)
    return absl::ErrnoToStatus(errno, "cannot read the capabilities");
  const uint32_t kept = sets[0].permitted & (1U << CAP_NET_BIND_SERVICE);
  sets[0] = {kept, kept, 0};
  sets[1] = {};
  if (syscall(SYS_capset, &header, sets) != 0)
    return absl::ErrnoToStatus(errno, "cannot give up capabilities");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Account> FindAccount(std::string_view text) {
  const size_t colon = text.find(':');
  Account account;
  absl::Status found = FindUser(std::string(text.substr(0, colon)), account);
  if (found.ok() && colon != std::string_view::npos) {
    found = FindGroup(std::string(text.substr(colon + 1)), account);
  }
  if (!found.ok()) return found;
  return account;
}

void HardenProcess(bool dumps_core) {
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (dumps_core) return;
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
}

absl::Status RunAs(const Account& account, bool dumps_core) {
  if (geteuid() != 0) {
    if (geteuid() == account.uid) return absl::OkStatus();
    return absl::PermissionDeniedError("only root can become another user");
  }
  if (const absl::Status groups = SetGroups(account); !groups.ok()) return groups;
  prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
  if (setresgid(account.gid, account.gid, account.gid) != 0)
    return absl::ErrnoToStatus(errno, "cannot set the group");
  if (setresuid(account.uid, account.uid, account.uid) != 0)
    return absl::ErrnoToStatus(errno, "cannot set the user");
  prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
  if (account.uid != 0) {
    if (const absl::Status kept = KeepBindingOnly(); !kept.ok()) return kept;
    if (setuid(0) == 0) return absl::InternalError("the way back to root is open");
  }
  // The kernel resets it with the user.
  prctl(PR_SET_DUMPABLE, dumps_core ? 1 : 0, 0, 0, 0);
  return absl::OkStatus();
}

}  // namespace weir::server
