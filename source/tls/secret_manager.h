// All secrets of the process: certificates with their keys, whom to trust, keys of session tickets.
// Named ones (static_resources.secrets; SDS through a SecretSource) are shared by those who name
// them, the others belong to the context they are written in. Files are watched and read again: a
// good new version replaces the old one in every context that uses it, a bad one is logged and
// counted, and the old one stays. Established connections go on with what they began with.
//
// Main thread only, but for Certificates() and FirstCertificateToExpire(). Outlives everything that
// was made with it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "source/config/faults.h"
#include "source/event/file_watcher.h"
#include "source/event/loop.h"
#include "source/stats/stats.h"
#include "source/tls/certificate_registry.h"
#include "source/tls/secret.h"
#include "source/tls/secret_source.h"

namespace envoy::extensions::transport_sockets::tls::v3 {
class Secret;
}

namespace weir::tls {

class Certificate;
class TicketKeys;
struct CertificateConfig;
struct SecretDefinition;
struct TicketKeysConfig;
struct TrustMaterial;
struct ValidationConfig;

// SdsSecretConfig as plain data.
struct SecretReference {
  std::string name;
  const envoy::config::core::v3::ConfigSource* source = nullptr;  // null: a static secret
};

struct SecretStats {
  stats::Counter file_update;           // a changed file was taken
  stats::Counter file_update_rejected;  // it was wrong, the old content stays
  static constexpr stats::Metric kMetrics[] = {WEIR_METRIC(SecretStats, file_update),
                                               WEIR_METRIC(SecretStats, file_update_rejected)};
};

class SecretManager {
 public:
  SecretManager(event::Loop& main, stats::Store& stats);
  ~SecretManager();
  SecretManager(const SecretManager&) = delete;
  SecretManager& operator=(const SecretManager&) = delete;

  // One of static_resources.secrets, before anything that names it. False when it added faults.
  bool AddStatic(const envoy::extensions::transport_sockets::tls::v3::Secret& secret,
                 config::Faults& faults);
  // Without one, a secret with an sds_config is a fault. Outlives the manager's use.
  void set_source(SecretSource* source) { source_ = source; }
  // The source's answer: replaces the value of the secret of this name that somebody takes from
  // `from`. False when it added faults (a NACK): the old value stays.
  bool Deliver(const xds::ResourceSource& from,
               const envoy::extensions::transport_sockets::tls::v3::Secret& secret,
               config::Faults& faults);
  // It will not come, or not in time: nobody is to wait for it.
  void GiveUp(const xds::ResourceSource& from, const std::string& name);
  // `settled` runs whenever a secret that had no value got one or was given up.
  void SetSettled(std::function<void()> settled) { settled_ = std::move(settled); }

  // For the contexts. Null exactly when they added faults; the value of one with a source may come
  // later.
  std::shared_ptr<Secret<Certificate>> MakeCertificate(const CertificateConfig& config,
                                                       config::Faults& faults);
  std::shared_ptr<Secret<TrustMaterial>> MakeValidation(const ValidationConfig& config,
                                                        config::Faults& faults);
  std::shared_ptr<Secret<TicketKeys>> MakeTicketKeys(const TicketKeysConfig& config,
                                                     config::Faults& faults);
  std::shared_ptr<Secret<Certificate>> FindCertificate(const SecretReference& reference,
                                                       config::Faults& faults);
  std::shared_ptr<Secret<TrustMaterial>> FindValidation(const SecretReference& reference,
                                                        config::Faults& faults);
  std::shared_ptr<Secret<TicketKeys>> FindTicketKeys(const SecretReference& reference,
                                                     config::Faults& faults);

  // Any thread. Every certificate that a context uses now.
  std::vector<ContextCertificates> Certificates() const;
  // Any thread. Of all of them; none when there is no certificate.
  std::optional<FirstToExpire> FirstCertificateToExpire() const;

  event::Loop& main() { return main_; }
  CertificateRegistry& registry() { return *registry_; }

 private:
  template <class T>
  class WatchedSecret;
  template <class T>
  struct Named;
  struct Tables;

  bool AddStatic(const SecretDefinition& definition, config::Faults& faults);
  bool Deliver(const xds::ResourceSource& from, const SecretDefinition& definition,
               config::Faults& faults);
  template <class T, class Config>
  std::shared_ptr<Secret<T>> Make(std::string name, const Config& config, config::Faults& faults);
  template <class T>
  std::shared_ptr<Secret<T>> Find(const SecretReference& reference, config::Faults& faults);
  template <class T>
  void EndUse(const xds::ResourceOrigin& origin, const std::string& name);
  template <class T, class Config>
  bool DeliverAs(const xds::ResourceSource& from, const std::string& name, const Config& config,
                 config::Faults& faults);
  template <class T>
  void GiveUpAs(const xds::ResourceSource& from, const std::string& name);

  event::Loop& main_;
  const std::shared_ptr<stats::Group<SecretStats>> stats_;
  const std::shared_ptr<CertificateRegistry> registry_;
  event::FileWatcher watcher_;
  std::unique_ptr<Tables> tables_;
  SecretSource* source_ = nullptr;
  std::function<void()> settled_;
};

}  // namespace weir::tls
