// Reads what a filter chain may be chosen by out of a TLS ClientHello (RFC 8446 §4.1.2): the server
// name (RFC 6066 §3) and the protocols on offer (RFC 7301 §3.1). No TLS library, no handshake: the
// bytes are a stranger's, and all that is done with them is counting.
//
// The bytes grow from call to call, as they come in; what was understood is not read again. A hello
// may be spread over records. One object a connection; not thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weir::extensions::tls_inspector {

struct ClientHello {
  std::string server_name;  // lower case; empty: none, or none that is a host name
  std::vector<std::string> application_protocols;
};

class ClientHelloReader {
 public:
  enum class Outcome {
    kNeedMore,
    kFound,
    kNotTls,     // it does not begin like TLS
    kMalformed,  // it does, and goes on otherwise
    kTooLarge,
  };

  // `max_bytes`: of the hello without its record headers.
  explicit ClientHelloReader(size_t max_bytes) : max_bytes_(max_bytes) {}

  // `bytes`: everything from the connection's first byte on.
  Outcome Read(std::string_view bytes);
  // After kFound.
  ClientHello& hello() { return hello_; }

 private:
  Outcome ReadRecord(std::string_view bytes);
  Outcome Parse(std::string_view message);

  const size_t max_bytes_;
  size_t read_bytes_ = 0;  // whole records that are in message_
  std::string message_;    // as far as it came, when one record does not hold all of it
  ClientHello hello_;
};

}  // namespace weir::extensions::tls_inspector
