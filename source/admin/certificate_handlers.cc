// Tested by test/admin/admin_handlers_test.cc.
#include "envoy/admin/v3/certs.pb.h"
#include "source/admin/admin_handlers.h"
#include "source/config/load.h"

namespace weir::admin {

namespace {

using envoy::admin::v3::CertificateDetails;

void Describe(const tls::CertificateDetails& certificate, CertificateDetails& out) {
  out.set_path(certificate.path);
  out.set_serial_number(certificate.serial_number);
  for (const std::string& name : certificate.dns_sans) out.add_subject_alt_names()->set_dns(name);
  for (const std::string& name : certificate.uri_sans) out.add_subject_alt_names()->set_uri(name);
  for (const std::string& name : certificate.ip_sans) {
    out.add_subject_alt_names()->set_ip_address(name);
  }
  const int64_t days = certificate.days_until_expiration;
  out.set_days_until_expiration(days > 0 ? static_cast<uint64_t>(days) : 0);
  out.mutable_valid_from()->set_seconds(certificate.valid_from_s);
  out.mutable_expiration_time()->set_seconds(certificate.expires_s);
  if (!certificate.has_ocsp) return;
  auto& staple = *out.mutable_ocsp_details();
  staple.mutable_valid_from()->set_seconds(certificate.ocsp_valid_from_s);
  if (certificate.ocsp_expires_s != 0) {
    staple.mutable_expiration()->set_seconds(certificate.ocsp_expires_s);
  }
}

AdminReply ListCertificates(const AdminSources& sources) {
  envoy::admin::v3::Certificates all;
  if (sources.certificates) {
    for (const tls::ContextCertificates& context : sources.certificates()) {
      auto& out = *all.add_certificates();
      for (const auto& certificate : context.ca_cert) Describe(certificate, *out.add_ca_cert());
      for (const auto& certificate : context.cert_chain) {
        Describe(certificate, *out.add_cert_chain());
      }
    }
  }
  return JsonReply(config::ToJson(all));
}

}  // namespace

void AddCertificateHandlers(const AdminSources& sources, std::vector<AdminHandler>& handlers) {
  handlers.push_back({"/certs", "the certificates of TLS contexts and the days they have left",
                      false, [sources](const AdminRequest&) { return ListCertificates(sources); }});
}

}  // namespace weir::admin
