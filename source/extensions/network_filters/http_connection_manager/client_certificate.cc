#include "source/extensions/network_filters/http_connection_manager/client_certificate.h"

#include <algorithm>
#include <string_view>

#include "source/base/strings.h"

namespace weir::extensions::http_connection_manager {

namespace {

using http::HeaderId;
using Mode = ClientCertificateConfig::Mode;

class ElementWriter {
 public:
  void Add(std::string_view key, std::string_view value) {
    const bool needs_quotes = value.find_first_of(",;=\"") != std::string_view::npos;
    Write(key, value, needs_quotes);
  }
  void AddQuoted(std::string_view key, std::string_view value) { Write(key, value, true); }
  // A PEM text is printable but for its line ends; these characters mean something in lists and
  // URLs.
  void AddPem(std::string_view key, std::string_view pem) {
    if (pem.empty()) return;
    std::string encoded;
    for (const char c : pem) {
      const std::string_view code = CodeOf(c);
      code.empty() ? encoded.push_back(c) : static_cast<void>(encoded += code);
    }
    AddQuoted(key, encoded);
  }
  std::string Take() { return std::move(text_); }

 private:
  static std::string_view CodeOf(char c) {
    switch (c) {
      case '\n':
        return "%0A";
      case ' ':
        return "%20";
      case '+':
        return "%2B";
      case '/':
        return "%2F";
      case '=':
        return "%3D";
      default:
        return {};
    }
  }
  // Names are whatever an issuer signed: what no header may hold is left out.
  static bool IsSound(std::string_view value) {
    return std::none_of(value.begin(), value.end(),
                        [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
  }
  void Write(std::string_view key, std::string_view value, bool is_quoted) {
    if (!IsSound(value)) return;
    base::StrAppend(&text_, text_.empty() ? "" : ";", key, "=", is_quoted ? "\"" : "");
    for (const char c : value) {
      if (is_quoted && c == '"' && !text_.ends_with('\\')) text_ += '\\';
      text_ += c;
    }
    if (is_quoted) text_ += '"';
  }

  std::string text_;
};

std::string MakeElement(const ClientCertificateConfig& config, const net::SecureInfo& secure) {
  const net::CertificateInfo& peer = *secure.peer;
  ElementWriter writer;
  if (secure.local != nullptr) {
    for (const std::string& uri : secure.local->uri_sans) writer.Add("By", uri);
  }
  writer.Add("Hash", peer.sha256);
  if (config.adds_cert) writer.AddPem("Cert", peer.pem);
  if (config.adds_chain) writer.AddPem("Chain", secure.peer_chain_pem);
  if (config.adds_subject) writer.AddQuoted("Subject", peer.subject);
  if (config.adds_uri && peer.uri_sans.empty()) writer.Add("URI", "");
  if (config.adds_uri) {
    for (const std::string& uri : peer.uri_sans) writer.Add("URI", uri);
  }
  if (config.adds_dns) {
    for (const std::string& dns : peer.dns_sans) writer.Add("DNS", dns);
  }
  return writer.Take();
}

}  // namespace

void ClientCertificateField::Apply(const ClientCertificateConfig& config,
                                   const filter::ConnectionInfo& connection,
                                   http::HeaderMap& headers) {
  constexpr HeaderId kField = HeaderId::kXForwardedClientCert;
  if (config.mode == Mode::kAlwaysForwardOnly) return;
  const net::SecureInfo* const secure =
      config.mode == Mode::kSanitize ? nullptr : connection.secure();
  if (secure == nullptr || secure->peer == nullptr) {
    headers.Remove(kField);
    return;
  }
  if (config.mode == Mode::kForwardOnly) return;
  if (element_ == nullptr) {
    element_ = std::make_unique<const std::string>(MakeElement(config, *secure));
  }
  std::string_view text = *element_;
  if (config.mode == Mode::kAppendForward && headers.Has(kField)) {
    base::Arena& arena = headers.arena();
    text = arena.Join(arena.Join(headers.Joined(kField), ","), text);
  }
  headers.Remove(kField);
  headers.Add(kField, text);
}

}  // namespace weir::extensions::http_connection_manager
