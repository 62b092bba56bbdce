// Which clusters wait for which EDS resource. Main thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "source/base/strings.h"
#include "source/event/loop.h"

namespace weir::upstream {

// T: who uses a name; known by its address. Each use is added and removed once.
template <class T>
class EdsUsers final : private event::TurnEndHook {
 public:
  explicit EdsUsers(event::Loop& main) : main_(main) {}

  // Called once at the end of each turn in which the set of names changed.
  void SetChanged(std::function<void()> changed) { changed_ = std::move(changed); }

  void Add(const std::string& name, T& user) {
    Uses& uses = uses_[name];
    if (uses.empty()) main_.AtTurnEnd(*this);
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
    if (!uses.empty()) return;
    uses_.erase(found);
    main_.AtTurnEnd(*this);
  }

  // A copy: what is done with the users may change who uses the name.
  std::vector<T*> Of(std::string_view name) const {
    std::vector<T*> users;
    const auto found = uses_.find(base::ToAbsl(name));
    if (found == uses_.end()) return users;
    for (const Use& use : found->second) users.push_back(use.user);
    return users;
  }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    names.reserve(uses_.size());
    for (const auto& [name, uses] : uses_) names.push_back(name);
    return names;
  }

 private:
  struct Use {
    T* user;
    int count;
  };
  using Uses = absl::InlinedVector<Use, 1>;  // as a rule there is one

  void OnTurnEnd() override {
    if (changed_) changed_();
  }

  event::Loop& main_;
  std::function<void()> changed_;
  absl::flat_hash_map<std::string, Uses> uses_;
};

}  // namespace weir::upstream
