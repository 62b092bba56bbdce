// Tested by test/tls/certificate_test.cc
#include "source/tls/tls_library.h"

namespace weir::tls {

std::string TakeLibraryErrors() {
  std::string text;
  while (const auto code = ERR_get_error()) {
    if (!text.empty()) text += "; ";
    const char* reason = ERR_reason_error_string(code);
    if (reason != nullptr) {
      text += reason;
      continue;
    }
    char number[64];
    ERR_error_string_n(code, number, sizeof(number));
    text += number;
  }
  return text;
}

}  // namespace weir::tls
