// Feeds one byte string to the reader of TLS hellos whole and byte by byte: whatever the bytes are,
// it survives, and both ways it finds the same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "source/extensions/listener_filters/tls_inspector/inspected_hello.h"

namespace weir::extensions::tls_inspector {
namespace {

using Outcome = ClientHelloReader::Outcome;

constexpr size_t kMaxBytes = 2048;  // small, so that short inputs reach it

void Check(std::string_view bytes) {
  ClientHelloReader whole(kMaxBytes), pieces(kMaxBytes);
  const Outcome expected = whole.Read(bytes);
  Outcome outcome = Outcome::kNeedMore;
  for (size_t size = 1; size <= bytes.size() && outcome == Outcome::kNeedMore; ++size) {
    outcome = pieces.Read(bytes.substr(0, size));
  }
  if (outcome != expected) std::abort();
  if (whole.hello().server_name != pieces.hello().server_name) std::abort();
  if (whole.hello().application_protocols != pieces.hello().application_protocols) std::abort();
}

}  // namespace
}  // namespace weir::extensions::tls_inspector

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  weir::extensions::tls_inspector::Check({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
