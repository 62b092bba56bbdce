#include "source/tls/secret_manager.h"

#include <algorithm>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "absl/container/flat_hash_set.h"
#include "source/base/log.h"
#include "source/base/strings.h"
#include "source/tls/certificate.h"
#include "source/tls/context_builder.h"
#include "source/tls/peer_verifier.h"
#include "source/tls/secret_config.h"
#include "source/tls/ticket_keys.h"

namespace weir::tls {
namespace {

// Config → value, and what the field of the configuration is called.
template <class Config>
struct SecretType;
template <>
struct SecretType<CertificateConfig> {
  using Value = Certificate;
  static constexpr std::string_view kField = "tls_certificate";
};
template <>
struct SecretType<ValidationConfig> {
  using Value = TrustMaterial;
  static constexpr std::string_view kField = "validation_context";
};
template <>
struct SecretType<TicketKeysConfig> {
  using Value = TicketKeys;
  static constexpr std::string_view kField = "session_ticket_keys";
};

std::vector<const BytesSource*> SourcesOf(const CertificateConfig& config) {
  return {&config.chain, &config.private_key, &config.password, &config.ocsp_staple};
}
std::vector<const BytesSource*> SourcesOf(const ValidationConfig& config) {
  return {&config.trusted_ca, &config.crl};
}
std::vector<const BytesSource*> SourcesOf(const TicketKeysConfig& config) {
  std::vector<const BytesSource*> sources;
  for (const BytesSource& key : config.keys) sources.push_back(&key);
  return sources;
}

std::string WatchedDirectory(const TicketKeysConfig&) { return ""; }
template <class Config>
std::string WatchedDirectory(const Config& config) {
  return config.watched_directory;
}

// The directories in which a change may mean another secret.
template <class Config>
absl::flat_hash_set<std::string> DirectoriesOf(const Config& config) {
  absl::flat_hash_set<std::string> directories;
  for (const BytesSource* source : SourcesOf(config)) {
    if (source->kind == BytesSource::Kind::kFile) directories.insert(source->Directory());
  }
  if (!directories.empty() && !WatchedDirectory(config).empty()) {
    directories = {WatchedDirectory(config)};
  }
  return directories;
}

}  // namespace

// A secret that is read again when its files change.
template <class T>
class SecretManager::WatchedSecret final : public Secret<T> {
 public:
  WatchedSecret(std::string name, SecretManager& manager)
      : Secret<T>(std::move(name)), manager_(manager) {}

  // False when it added faults: all is as before.
  template <class Config>
  bool Take(const Config& config, config::Faults& faults) {
    // Before the files are read: a change in between is not missed.
    std::vector<Watch> watches;
    for (const std::string& directory : DirectoriesOf(config)) {
      auto watch = manager_.watcher_.WatchDirectory(directory, [this] { Reload(); });
      if (!watch.ok()) {
        faults.Add("", std::string(watch.status().message()));
        return false;
      }
      watches.push_back(*std::move(watch));
    }
    auto value = T::Load(config, faults);
    if (value == nullptr) return false;
    load_ = [config](config::Faults& later) { return T::Load(config, later); };
    watches_ = std::move(watches);
    if (!IsSame(*value)) this->Publish(std::move(value));
    return true;
  }

 private:
  using Watch = std::unique_ptr<event::FileWatcher::Watch>;

  bool IsSame(const T& value) const {
    return this->value() != nullptr && this->value()->fingerprint() == value.fingerprint();
  }
  void Reload() {
    config::Faults faults(this->name().empty() ? "secret" : this->name());
    auto value = load_(faults);
    SecretStats& counters = manager_.stats_->Here();
    if (value == nullptr) {
      counters.file_update_rejected.Add();
      WEIR_LOG(kWarning, "tls", "a changed secret is kept as it was: ", faults.ToString());
      return;
    }
    if (IsSame(*value)) return;
    counters.file_update.Add();
    WEIR_LOG(kInfo, "tls", "a changed secret was taken", this->name().empty() ? "" : ": ",
             this->name());
    this->Publish(std::move(value));
  }

  SecretManager& manager_;
  std::function<std::shared_ptr<const T>(config::Faults&)> load_;
  std::vector<Watch> watches_;
};

template <class T>
struct SecretManager::Named {
  // Static ones live with the manager.
  absl::flat_hash_map<std::string, std::shared_ptr<WatchedSecret<T>>> fixed;
  // Those that the source brings, while somebody uses them.
  using Key = std::pair<const xds::ResourceSource*, std::string>;
  absl::flat_hash_map<Key, std::weak_ptr<WatchedSecret<T>>> delivered;

  std::shared_ptr<WatchedSecret<T>> Find(const xds::ResourceSource& from, const std::string& name) {
    const auto found = delivered.find(Key(&from, name));
    return found == delivered.end() ? nullptr : found->second.lock();
  }
};

struct SecretManager::Tables {
  std::tuple<Named<Certificate>, Named<TrustMaterial>, Named<TicketKeys>> by_type;

  template <class T>
  Named<T>& Of() {
    return std::get<Named<T>>(by_type);
  }
};

SecretManager::SecretManager(event::Loop& main, stats::Store& stats)
    : main_(main),
      stats_(stats.AddGroup<SecretStats>("secrets")),
      registry_(std::make_shared<CertificateRegistry>()),
      watcher_(main),
      tables_(std::make_unique<Tables>()) {}

SecretManager::~SecretManager() = default;

template <class T, class Config>
std::shared_ptr<Secret<T>> SecretManager::Make(std::string name, const Config& config,
                                               config::Faults& faults) {
  auto secret = MakeOnMain(main_, std::make_unique<WatchedSecret<T>>(std::move(name), *this));
  if (!secret->Take(config, faults)) return nullptr;
  return secret;
}

template <class T>
std::shared_ptr<Secret<T>> SecretManager::Find(const SecretReference& reference,
                                               config::Faults& faults) {
  Named<T>& named = tables_->Of<T>();
  if (reference.source == nullptr) {
    const auto found = named.fixed.find(reference.name);
    if (found != named.fixed.end()) return found->second;
    faults.Add("name", base::StrCat("static_resources.secrets has no such secret of this kind: \"",
                                    reference.name, "\""));
    return nullptr;
  }
  if (source_ == nullptr) {
    faults.Add("sds_config",
               "secrets come from static_resources.secrets or from files, not from a "
               "control plane");
    return nullptr;
  }
  config::Faults::Scope scope(faults, "sds_config");
  const xds::ResourceOrigin* const origin = source_->Resolve(*reference.source, faults);
  if (origin == nullptr) return nullptr;
  const typename Named<T>::Key key(origin->source, reference.name);
  if (auto known = named.delivered[key].lock()) return known;
  auto made = std::make_unique<WatchedSecret<T>>(reference.name, *this);
  // Ends on the main thread, like the users of the source.
  std::shared_ptr<WatchedSecret<T>> secret(made.release(), [this, origin](WatchedSecret<T>* last) {
    auto finish = [this, origin, owned = std::unique_ptr<WatchedSecret<T>>(last)] {
      EndUse<T>(*origin, owned->name());
    };
    if (main_.IsThisThread()) {
      finish();
    } else {
      main_.Post(std::move(finish));
    }
  });
  named.delivered[key] = secret;
  source_->BeginUse(*origin, reference.name);
  return secret;
}

template <class T>
void SecretManager::EndUse(const xds::ResourceOrigin& origin, const std::string& name) {
  auto& delivered = tables_->Of<T>().delivered;
  const auto found = delivered.find(typename Named<T>::Key(origin.source, name));
  // It may have been asked for anew meanwhile.
  if (found != delivered.end() && found->second.expired()) delivered.erase(found);
  if (source_ != nullptr) source_->EndUse(origin, name);
}

bool SecretManager::AddStatic(const SecretDefinition& definition, config::Faults& faults) {
  return std::visit(
      [&](const auto& config) {
        using Config = std::decay_t<decltype(config)>;
        if constexpr (std::is_same_v<Config, std::monostate>) {
          return false;
        } else {
          using T = typename SecretType<Config>::Value;
          config::Faults::Scope scope(faults, SecretType<Config>::kField);
          auto secret = std::make_shared<WatchedSecret<T>>(definition.name, *this);
          if (!secret->Take(config, faults)) return false;
          const bool is_new =
              tables_->Of<T>().fixed.emplace(definition.name, std::move(secret)).second;
          if (!is_new) faults.Add("", base::StrCat("a second secret \"", definition.name, "\""));
          return is_new;
        }
      },
      definition.secret);
}

template <class T, class Config>
bool SecretManager::DeliverAs(const xds::ResourceSource& from, const std::string& name,
                              const Config& config, config::Faults& faults) {
  const auto secret = tables_->Of<T>().Find(from, name);
  if (secret == nullptr) return true;
  const bool was_settled = secret->is_settled();
  if (!secret->Take(config, faults)) return false;
  if (!was_settled && settled_) settled_();
  return true;
}

template <class T>
void SecretManager::GiveUpAs(const xds::ResourceSource& from, const std::string& name) {
  const auto secret = tables_->Of<T>().Find(from, name);
  if (secret == nullptr || secret->is_settled()) return;
  WEIR_LOG(kWarning, "tls", "secret \"", name, "\" is not waited for any longer");
  secret->GiveUp();
  if (settled_) settled_();
}

void SecretManager::GiveUp(const xds::ResourceSource& from, const std::string& name) {
  GiveUpAs<Certificate>(from, name);
  GiveUpAs<TrustMaterial>(from, name);
  GiveUpAs<TicketKeys>(from, name);
}

bool SecretManager::Deliver(const xds::ResourceSource& from, const SecretDefinition& definition,
                            config::Faults& faults) {
  return std::visit(
      [&](const auto& config) {
        using Config = std::decay_t<decltype(config)>;
        if constexpr (std::is_same_v<Config, std::monostate>) {
          return false;
        } else {
          config::Faults::Scope scope(faults, SecretType<Config>::kField);
          return DeliverAs<typename SecretType<Config>::Value>(from, definition.name, config,
                                                               faults);
        }
      },
      definition.secret);
}

std::shared_ptr<Secret<Certificate>> SecretManager::MakeCertificate(const CertificateConfig& config,
                                                                    config::Faults& faults) {
  return Make<Certificate>("", config, faults);
}
std::shared_ptr<Secret<TrustMaterial>> SecretManager::MakeValidation(const ValidationConfig& config,
                                                                     config::Faults& faults) {
  return Make<TrustMaterial>("", config, faults);
}
std::shared_ptr<Secret<TicketKeys>> SecretManager::MakeTicketKeys(const TicketKeysConfig& config,
                                                                  config::Faults& faults) {
  return Make<TicketKeys>("", config, faults);
}
std::shared_ptr<Secret<Certificate>> SecretManager::FindCertificate(
    const SecretReference& reference, config::Faults& faults) {
  return Find<Certificate>(reference, faults);
}
std::shared_ptr<Secret<TrustMaterial>> SecretManager::FindValidation(
    const SecretReference& reference, config::Faults& faults) {
  return Find<TrustMaterial>(reference, faults);
}
std::shared_ptr<Secret<TicketKeys>> SecretManager::FindTicketKeys(const SecretReference& reference,
                                                                  config::Faults& faults) {
  return Find<TicketKeys>(reference, faults);
}

std::vector<ContextCertificates> SecretManager::Certificates() const {
  return registry_->List(main_.clock().WallUs() / 1'000'000);
}

std::optional<FirstToExpire> SecretManager::FirstCertificateToExpire() const {
  return registry_->First(main_.clock().WallUs() / 1'000'000);
}

}  // namespace weir::tls
