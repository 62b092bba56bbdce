// Tested by test/tls/certificate_test.cc
#include "source/tls/tls_library.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace weir::tls {

std::string LibraryErrorName(LibraryError code) {
  const char* reason = ERR_reason_error_string(code);
  if (reason == nullptr) {
    char number[64];
    ERR_error_string_n(code, number, sizeof(number));
    return number;
  }
  std::string name = reason;
#ifndef OPENSSL_IS_BORINGSSL
  // "wrong version number": people look for the names that Envoy's users know.
  absl::AsciiStrToUpper(&name);
  std::replace(name.begin(), name.end(), ' ', '_');
#endif
  return name;
}

std::string TakeLibraryErrors() {
  std::string text;
  while (const auto code = ERR_get_error()) {
    if (!text.empty()) text += "; ";
    text += LibraryErrorName(code);
  }
  return text;
}

}  // namespace weir::tls
