// One secret that may be replaced while it is in use: the latest value that was good, and who wants
// to know of a new one. Main thread only; what workers see are the contexts built from it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace weir::tls {

// Told on the main thread. Held weakly: to stop hearing, end.
class SecretUser {
 public:
  virtual ~SecretUser() = default;
  virtual void OnSecretChanged() = 0;
};

template <class T>
class Secret {
 public:
  explicit Secret(std::string name) : name_(std::move(name)) {}
  virtual ~Secret() = default;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  // Empty for one that has no name: it is written where it is used.
  const std::string& name() const { return name_; }
  // Null: has not arrived yet.
  const std::shared_ptr<const T>& value() const { return value_; }
  // It has arrived, or is not waited for any longer.
  bool is_settled() const { return is_given_up_ || value_ != nullptr; }
  void GiveUp() { is_given_up_ = true; }

  void AddUser(std::weak_ptr<SecretUser> user) { users_.push_back(std::move(user)); }
  void Publish(std::shared_ptr<const T> value) {
    value_ = std::move(value);
    // A user may end, or another be added, while they are told.
    std::vector<std::weak_ptr<SecretUser>> users;
    users.swap(users_);
    for (const std::weak_ptr<SecretUser>& weak : users) {
      const std::shared_ptr<SecretUser> user = weak.lock();
      if (user == nullptr) continue;
      users_.push_back(weak);
      user->OnSecretChanged();
    }
  }

 private:
  const std::string name_;
  std::shared_ptr<const T> value_;
  bool is_given_up_ = false;
  std::vector<std::weak_ptr<SecretUser>> users_;
};

}  // namespace weir::tls
