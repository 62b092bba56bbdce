// Which certificates are loaded, for the admin's /certs and for the metric of days to expiry: one
// entry for each TLS context. Any thread; an entry leaves with its Registration.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace weir::tls {

// As envoy.admin.v3.CertificateDetails.
struct CertificateDetails {
  std::string path;           // the file, "<inline>" or the name of the environment variable
  std::string serial_number;  // lower-case hexadecimal
  std::vector<std::string> dns_sans, uri_sans, ip_sans;
  int64_t valid_from_s = 0, expires_s = 0;  // Unix time
  int64_t days_until_expiration = 0;        // 0: today, or past
  bool has_ocsp = false;
  int64_t ocsp_valid_from_s = 0, ocsp_expires_s = 0;  // 0: it has no end
};

struct ContextCertificates {
  std::string context;                         // "listener.127.0.0.1_443"
  std::vector<CertificateDetails> ca_cert;     // whom we trust
  std::vector<CertificateDetails> cert_chain;  // what we show: leaves and intermediates
};

// Which certificate ends first.
struct FirstToExpire {
  std::string context;  // that uses it
  std::string path;
  int64_t expires_s = 0;
  int64_t days = 0;  // left; 0: today, or past

  bool operator==(const FirstToExpire&) const = default;
};

class CertificateRegistry : public std::enable_shared_from_this<CertificateRegistry> {
 public:
  class Registration {
   public:
    Registration() = default;
    Registration(std::shared_ptr<CertificateRegistry> registry, uint64_t id);
    Registration(Registration&& other) noexcept = default;
    Registration& operator=(Registration&& other) noexcept;
    ~Registration();

   private:
    std::shared_ptr<CertificateRegistry> registry_;
    uint64_t id_ = 0;
  };

  Registration Add(ContextCertificates certificates);
  // days_until_expiration as of `now_s`.
  std::vector<ContextCertificates> List(int64_t now_s) const;
  // None when there is no certificate. Looks at all of them, but copies nothing.
  std::optional<FirstToExpire> First(int64_t now_s) const;

 private:
  mutable std::mutex mutex_;
  uint64_t next_id_ = 1;
  std::map<uint64_t, ContextCertificates> entries_;  // oldest first
};

}  // namespace weir::tls
