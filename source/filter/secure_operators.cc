// Tested by test/filter/substitution_format_test.cc
#include "source/filter/secure_operators.h"

#include "source/net/secure_info.h"

namespace weir::filter {

namespace {

using Arguments = OperatorArguments;
using net::CertificateInfo;
using net::SecureInfo;

bool AppendText(std::string_view text, std::string& out) {
  out += text;
  return !text.empty();
}

bool AppendList(const std::vector<std::string>& list, std::string& out) {
  for (size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out += ',';
    out += list[i];
  }
  return !list.empty();
}

// A line of a log holds it: everything but unreserved characters is encoded (RFC 3986 §2.3).
bool AppendEncoded(std::string_view text, std::string& out) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (is_plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<uint8_t>(c);
    out += {'%', kHex[byte >> 4], kHex[byte & 0xf]};
  }
  return !text.empty();
}

const SecureInfo* Downstream(const StreamInfo& info) {
  return info.connection == nullptr ? nullptr : info.connection->secure();
}

template <std::string SecureInfo::*kMember>
bool Session(const StreamInfo& info, const Arguments&, std::string& out) {
  const SecureInfo* const secure = Downstream(info);
  return secure != nullptr && AppendText(secure->*kMember, out);
}

using Find = const CertificateInfo* (*)(const StreamInfo&);

const CertificateInfo* DownstreamPeer(const StreamInfo& info) {
  const SecureInfo* const secure = Downstream(info);
  return secure == nullptr ? nullptr : secure->peer.get();
}
const CertificateInfo* DownstreamLocal(const StreamInfo& info) {
  const SecureInfo* const secure = Downstream(info);
  return secure == nullptr ? nullptr : secure->local.get();
}
const CertificateInfo* UpstreamPeer(const StreamInfo& info) {
  return info.upstream_peer_certificate.get();
}
const CertificateInfo* UpstreamLocal(const StreamInfo& info) {
  return info.upstream_local_certificate.get();
}

template <Find find, std::string CertificateInfo::*kMember>
bool Text(const StreamInfo& info, const Arguments&, std::string& out) {
  const CertificateInfo* const certificate = find(info);
  return certificate != nullptr && AppendText(certificate->*kMember, out);
}

template <Find find, std::vector<std::string> CertificateInfo::*kMember>
bool Names(const StreamInfo& info, const Arguments&, std::string& out) {
  const CertificateInfo* const certificate = find(info);
  return certificate != nullptr && AppendList(certificate->*kMember, out);
}

template <Find find, int64_t CertificateInfo::*kMember>
bool Time(const StreamInfo& info, const Arguments& arguments, std::string& out) {
  const CertificateInfo* const certificate = find(info);
  if (certificate == nullptr) return false;
  arguments.time.AppendTo(certificate->*kMember * 1'000'000, out);
  return true;
}

template <Find find>
bool Pem(const StreamInfo& info, const Arguments&, std::string& out) {
  const CertificateInfo* const certificate = find(info);
  return certificate != nullptr && AppendEncoded(certificate->pem, out);
}

bool UpstreamCipher(const StreamInfo& info, const Arguments&, std::string& out) {
  return AppendText(info.upstream_tls_cipher, out);
}

bool UpstreamTlsVersion(const StreamInfo& info, const Arguments&, std::string& out) {
  return AppendText(info.upstream_tls_version, out);
}

bool UpstreamProtocol(const StreamInfo& info, const Arguments&, std::string& out) {
  return info.upstream_version.has_value() &&
         AppendText(http::VersionName(*info.upstream_version), out);
}

bool RequestedServerName(const StreamInfo& info, const Arguments&, std::string& out) {
  return info.connection != nullptr && AppendText(info.connection->requested_name(), out);
}

bool TransportFailure(const StreamInfo& info, const Arguments&, std::string& out) {
  const bool has_transport = info.connection != nullptr && info.connection->transport != nullptr;
  return has_transport && AppendText(info.connection->transport->failure_reason(), out);
}

constexpr auto kNone = Operator::Argument::kNone;
constexpr auto kTime = Operator::Argument::kTime;
constexpr auto kText = Operator::Type::kText;
using C = CertificateInfo;

// Sorted by name.
constexpr Operator kOperators[] = {
    {"DOWNSTREAM_LOCAL_DNS_SAN", kNone, kText, Names<DownstreamLocal, &C::dns_sans>},
    {"DOWNSTREAM_LOCAL_EMAIL_SAN", kNone, kText, Names<DownstreamLocal, &C::email_sans>},
    {"DOWNSTREAM_LOCAL_IP_SAN", kNone, kText, Names<DownstreamLocal, &C::ip_sans>},
    {"DOWNSTREAM_LOCAL_SUBJECT", kNone, kText, Text<DownstreamLocal, &C::subject>},
    {"DOWNSTREAM_LOCAL_URI_SAN", kNone, kText, Names<DownstreamLocal, &C::uri_sans>},
    {"DOWNSTREAM_PEER_CERT", kNone, kText, Pem<DownstreamPeer>},
    {"DOWNSTREAM_PEER_CERT_V_END", kTime, kText, Time<DownstreamPeer, &C::not_after_s>},
    {"DOWNSTREAM_PEER_CERT_V_START", kTime, kText, Time<DownstreamPeer, &C::not_before_s>},
    {"DOWNSTREAM_PEER_DNS_SAN", kNone, kText, Names<DownstreamPeer, &C::dns_sans>},
    {"DOWNSTREAM_PEER_EMAIL_SAN", kNone, kText, Names<DownstreamPeer, &C::email_sans>},
    {"DOWNSTREAM_PEER_FINGERPRINT_1", kNone, kText, Text<DownstreamPeer, &C::sha1>},
    {"DOWNSTREAM_PEER_FINGERPRINT_256", kNone, kText, Text<DownstreamPeer, &C::sha256>},
    {"DOWNSTREAM_PEER_IP_SAN", kNone, kText, Names<DownstreamPeer, &C::ip_sans>},
    {"DOWNSTREAM_PEER_ISSUER", kNone, kText, Text<DownstreamPeer, &C::issuer>},
    {"DOWNSTREAM_PEER_SERIAL", kNone, kText, Text<DownstreamPeer, &C::serial>},
    {"DOWNSTREAM_PEER_SUBJECT", kNone, kText, Text<DownstreamPeer, &C::subject>},
    {"DOWNSTREAM_PEER_URI_SAN", kNone, kText, Names<DownstreamPeer, &C::uri_sans>},
    {"DOWNSTREAM_TLS_CIPHER", kNone, kText, Session<&SecureInfo::cipher>},
    {"DOWNSTREAM_TLS_SESSION_ID", kNone, kText, Session<&SecureInfo::session_id>},
    {"DOWNSTREAM_TLS_VERSION", kNone, kText, Session<&SecureInfo::protocol>},
    {"DOWNSTREAM_TRANSPORT_FAILURE_REASON", kNone, kText, TransportFailure},
    {"REQUESTED_SERVER_NAME", kNone, kText, RequestedServerName},
    {"UPSTREAM_LOCAL_DNS_SAN", kNone, kText, Names<UpstreamLocal, &C::dns_sans>},
    {"UPSTREAM_LOCAL_EMAIL_SAN", kNone, kText, Names<UpstreamLocal, &C::email_sans>},
    {"UPSTREAM_LOCAL_IP_SAN", kNone, kText, Names<UpstreamLocal, &C::ip_sans>},
    {"UPSTREAM_LOCAL_SUBJECT", kNone, kText, Text<UpstreamLocal, &C::subject>},
    {"UPSTREAM_LOCAL_URI_SAN", kNone, kText, Names<UpstreamLocal, &C::uri_sans>},
    {"UPSTREAM_PEER_CERT", kNone, kText, Pem<UpstreamPeer>},
    {"UPSTREAM_PEER_CERT_V_END", kTime, kText, Time<UpstreamPeer, &C::not_after_s>},
    {"UPSTREAM_PEER_CERT_V_START", kTime, kText, Time<UpstreamPeer, &C::not_before_s>},
    {"UPSTREAM_PEER_DNS_SAN", kNone, kText, Names<UpstreamPeer, &C::dns_sans>},
    {"UPSTREAM_PEER_EMAIL_SAN", kNone, kText, Names<UpstreamPeer, &C::email_sans>},
    {"UPSTREAM_PEER_IP_SAN", kNone, kText, Names<UpstreamPeer, &C::ip_sans>},
    {"UPSTREAM_PEER_ISSUER", kNone, kText, Text<UpstreamPeer, &C::issuer>},
    {"UPSTREAM_PEER_SUBJECT", kNone, kText, Text<UpstreamPeer, &C::subject>},
    {"UPSTREAM_PEER_URI_SAN", kNone, kText, Names<UpstreamPeer, &C::uri_sans>},
    {"UPSTREAM_PROTOCOL", kNone, kText, UpstreamProtocol},
    {"UPSTREAM_TLS_CIPHER", kNone, kText, UpstreamCipher},
    {"UPSTREAM_TLS_VERSION", kNone, kText, UpstreamTlsVersion},
};

}  // namespace

absl::Span<const Operator> SecureOperators() { return kOperators; }

}  // namespace weir::filter
