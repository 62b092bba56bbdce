// Keeps the newest context of one transport socket factory: builds it on the main thread when a
// secret arrives or changes, publishes it to the workers, lists its certificates. A secret that
// makes no context (a key too weak for the settings, a CA missing) leaves the one before in place.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "source/base/log.h"
#include "source/event/published.h"
#include "source/tls/certificate_registry.h"
#include "source/tls/peer_verifier.h"
#include "source/tls/secret.h"
#include "source/tls/secret_manager.h"

namespace weir::tls {

// `object` is destroyed on `main`, whichever thread lets go of it last.
template <class T>
std::shared_ptr<T> MakeOnMain(event::Loop& main, std::unique_ptr<T> object) {
  return std::shared_ptr<T>(object.release(), [&main](T* last) {
    if (main.IsThisThread()) {
      delete last;
    } else {
      main.Post([owned = std::unique_ptr<T>(last)] {});
    }
  });
}

template <class Context>
class ContextBuilder final : public SecretUser {
 public:
  struct Built {
    std::unique_ptr<const Context> context;
    ContextCertificates certificates;
  };
  // Builds from what there is; a null context: a secret is missing.
  using Build = std::function<absl::StatusOr<Built>()>;
  // Whether each secret is there, or not waited for any longer.
  using IsSettled = std::function<bool()>;

  ContextBuilder(SecretManager& secrets, std::string name, Build build, IsSettled is_settled)
      : secrets_(secrets),
        name_(std::move(name)),
        build_(std::move(build)),
        is_settled_(std::move(is_settled)),
        context_(&secrets.main()) {}

  absl::Status Refresh() {
    absl::StatusOr<Built> built = build_();
    if (!built.ok()) return built.status();
    if (built->context == nullptr) return absl::OkStatus();
    built->certificates.context = name_;
    registration_ = secrets_.registry().Add(std::move(built->certificates));
    context_.Publish(std::move(built->context));
    return absl::OkStatus();
  }
  void OnSecretChanged() override {
    const absl::Status status = Refresh();
    if (status.ok()) return;
    WEIR_LOG(kWarning, "tls", name_, ": a new secret cannot be used: ", status.message());
  }
  bool is_settled() const { return is_settled_(); }
  // Any thread. Null: not ready.
  std::shared_ptr<const Context> context() const { return context_.Load(); }

 private:
  SecretManager& secrets_;
  const std::string name_;
  const Build build_;
  const IsSettled is_settled_;
  event::Published<Context> context_;
  CertificateRegistry::Registration registration_;
};

template <class T>
bool IsSettled(const std::shared_ptr<Secret<T>>& secret) {
  return secret == nullptr || secret->is_settled();
}

// The two parts of whom to trust, as one. Null with `*is_ready` false: a part has not come; null
// with it true: nobody is named.
inline std::shared_ptr<const TrustMaterial> CombinedTrust(
    const std::shared_ptr<Secret<TrustMaterial>>& first,
    const std::shared_ptr<Secret<TrustMaterial>>& second, bool* is_ready) {
  for (const auto& part : {first, second}) {
    if (part == nullptr || part->value() != nullptr) continue;
    *is_ready = false;
    return nullptr;
  }
  if (first == nullptr) return second == nullptr ? nullptr : second->value();
  if (second == nullptr) return first->value();
  return TrustMaterial::Combine(*first->value(), *second->value());
}

// "listener.127.0.0.1_443" and "ssl" → a group whose metrics are tagged with the listener.
template <class T>
std::shared_ptr<stats::Group<T>> AddTaggedGroup(stats::Store& stats, std::string_view prefix,
                                                std::string_view last) {
  const size_t dot = prefix.find('.');
  const std::string_view kind = prefix.substr(0, dot);
  const std::string name(dot == std::string_view::npos ? "" : prefix.substr(dot + 1));
  std::vector<stats::Tag> tags;
  if (kind == "listener") tags.push_back({"envoy_listener_address", name});
  if (kind == "cluster") tags.push_back({"envoy_cluster_name", name});
  return stats.AddGroup<T>(base::StrCat(prefix, ".", last), tags, base::StrCat(kind, ".", last));
}

}  // namespace weir::tls
