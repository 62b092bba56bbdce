// Which clusters use which EDS resource name, from whatever source. Main thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "source/base/strings.h"

namespace weir::upstream {

// T: who uses a name; known by its address. Each use is added and removed once.
template <class T>
class EdsUsers {
 public:
  void Add(const std::string& name, T& user) {
    Uses& uses = uses_[name];
    for (Use& use : uses) {
      if (use.user == &user) {
        ++use.count;
        return;
      }
    }
    uses.push_back({&user, 1});
  }

  void Remove(const std::string& name, T& user) {
    const auto found = uses_.find(name);
    Uses& uses = found->second;
    for (size_t i = 0; i < uses.size(); ++i) {
      if (uses[i].user != &user || --uses[i].count > 0) continue;
      uses.erase(uses.begin() + i);
      break;
    }
    if (uses.empty()) uses_.erase(found);
  }

  // A copy: what is done with the users may change who uses the name.
  std::vector<T*> Of(std::string_view name) const {
    std::vector<T*> users;
    const auto found = uses_.find(base::ToAbsl(name));
    if (found == uses_.end()) return users;
    for (const Use& use : found->second) users.push_back(use.user);
    return users;
  }

 private:
  struct Use {
    T* user;
    int count;
  };
  using Uses = absl::InlinedVector<Use, 1>;  // as a rule there is one

  absl::flat_hash_map<std::string, Uses> uses_;
};

}  // namespace weir::upstream
