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

using Find = const SecureInfo* (*)(const StreamInfo&);
using Owner = std::shared_ptr<const CertificateInfo> SecureInfo::*;

template <Find find, std::string SecureInfo::*kMember>
bool Session(const StreamInfo& info, const Arguments&, std::string& out) {
  const SecureInfo* const secure = find(info);
  return secure != nullptr && AppendText(secure->*kMember, out);
}

template <Find find, Owner kOwner>
const CertificateInfo* Certificate(const StreamInfo& info) {
  const SecureInfo* const secure = find(info);
  return secure == nullptr ? nullptr : (secure->*kOwner).get();
}

template <Find find, Owner kOwner, std::string CertificateInfo::*kMember>
bool Text(const StreamInfo& info, const Arguments&, std::string& out) {
  const CertificateInfo* const certificate = Certificate<find, kOwner>(info);
  return certificate != nullptr && AppendText(certificate->*kMember, out);
}

template <Find find, Owner kOwner, std::vector<std::string> CertificateInfo::*kMember>
bool Names(const StreamInfo& info, const Arguments&, std::string& out) {
  const CertificateInfo* const certificate = Certificate<find, kOwner>(info);
  return certificate != nullptr && AppendList(certificate->*kMember, out);
}

template <Find find, Owner kOwner, int64_t CertificateInfo::*kMember>
bool Time(const StreamInfo& info, const Arguments& arguments, std::string& out) {
  const CertificateInfo* const certificate = Certificate<find, kOwner>(info);
  if (certificate == nullptr) return false;
  arguments.time.AppendTo(certificate->*kMember * 1'000'000, out);
  return true;
}

template <Find find, Owner kOwner>
bool Pem(const StreamInfo& info, const Arguments&, std::string& out) {
  const CertificateInfo* const certificate = Certificate<find, kOwner>(info);
  return certificate != nullptr && AppendEncoded(certificate->pem, out);
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
constexpr Owner kPeer = &SecureInfo::peer;
constexpr Owner kLocal = &SecureInfo::local;
using C = CertificateInfo;

// Sorted by name.
constexpr Operator kOperators[] = {
    {"DOWNSTREAM_LOCAL_DNS_SAN", kNone, kText, Names<Downstream, kLocal, &C::dns_sans>},
    {"DOWNSTREAM_LOCAL_EMAIL_SAN", kNone, kText, Names<Downstream, kLocal, &C::email_sans>},
    {"DOWNSTREAM_LOCAL_IP_SAN", kNone, kText, Names<Downstream, kLocal, &C::ip_sans>},
    {"DOWNSTREAM_LOCAL_SUBJECT", kNone, kText, Text<Downstream, kLocal, &C::subject>},
    {"DOWNSTREAM_LOCAL_URI_SAN", kNone, kText, Names<Downstream, kLocal, &C::uri_sans>},
    {"DOWNSTREAM_PEER_CERT", kNone, kText, Pem<Downstream, kPeer>},
    {"DOWNSTREAM_PEER_CERT_V_END", kTime, kText, Time<Downstream, kPeer, &C::not_after_s>},
    {"DOWNSTREAM_PEER_CERT_V_START", kTime, kText, Time<Downstream, kPeer, &C::not_before_s>},
    {"DOWNSTREAM_PEER_DNS_SAN", kNone, kText, Names<Downstream, kPeer, &C::dns_sans>},
    {"DOWNSTREAM_PEER_EMAIL_SAN", kNone, kText, Names<Downstream, kPeer, &C::email_sans>},
    {"DOWNSTREAM_PEER_FINGERPRINT_1", kNone, kText, Text<Downstream, kPeer, &C::sha1>},
    {"DOWNSTREAM_PEER_FINGERPRINT_256", kNone, kText, Text<Downstream, kPeer, &C::sha256>},
    {"DOWNSTREAM_PEER_IP_SAN", kNone, kText, Names<Downstream, kPeer, &C::ip_sans>},
    {"DOWNSTREAM_PEER_ISSUER", kNone, kText, Text<Downstream, kPeer, &C::issuer>},
    {"DOWNSTREAM_PEER_SERIAL", kNone, kText, Text<Downstream, kPeer, &C::serial>},
    {"DOWNSTREAM_PEER_SUBJECT", kNone, kText, Text<Downstream, kPeer, &C::subject>},
    {"DOWNSTREAM_PEER_URI_SAN", kNone, kText, Names<Downstream, kPeer, &C::uri_sans>},
    {"DOWNSTREAM_TLS_CIPHER", kNone, kText, Session<Downstream, &SecureInfo::cipher>},
    {"DOWNSTREAM_TLS_SESSION_ID", kNone, kText, Session<Downstream, &SecureInfo::session_id>},
    {"DOWNSTREAM_TLS_VERSION", kNone, kText, Session<Downstream, &SecureInfo::protocol>},
    {"DOWNSTREAM_TRANSPORT_FAILURE_REASON", kNone, kText, TransportFailure},
    {"REQUESTED_SERVER_NAME", kNone, kText, RequestedServerName},
};

}  // namespace

absl::Span<const Operator> SecureOperators() { return kOperators; }

}  // namespace weir::filter
