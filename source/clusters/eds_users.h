// Who uses which EDS resource name, from whatever source. Main thread.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "absl/container/btree_set.h"

namespace weir::clusters {

// T: who uses a name; known by its address. Its `eds_name()` says which, as long as it is here.
template <class T>
class EdsUsers {
 public:
  void Add(T& user) { users_.insert(&user); }
  void Remove(T& user) { users_.erase(&user); }

  // A copy: what is done with the users may change who uses the name.
  std::vector<T*> Of(std::string_view name) const {
    std::vector<T*> users;
    for (auto it = users_.lower_bound(name); it != users_.end() && (*it)->eds_name() == name;
         ++it) {
      users.push_back(*it);
    }
    return users;
  }

 private:
  // By name: no copy of it is kept.
  struct IsBefore {
    using is_transparent = void;
    bool operator()(const T* a, const T* b) const {
      const int order = a->eds_name().compare(b->eds_name());
      return order != 0 ? order < 0 : std::less<const T*>()(a, b);
    }
    bool operator()(const T* user, std::string_view name) const { return user->eds_name() < name; }
    bool operator()(std::string_view name, const T* user) const { return name < user->eds_name(); }
  };

  absl::btree_set<T*, IsBefore> users_;
};

}  // namespace weir::clusters
