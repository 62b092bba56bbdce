#include "source/http/websocket.h"

#include <cstdint>
#include <string>

#include "absl/strings/escaping.h"
#include "source/base/random.h"
#include "source/base/sha1.h"

namespace weir::http {
namespace {

// RFC 6455 §1.3: no server that merely echoes could have come upon it.
constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

std::string_view Base64(const void* bytes, size_t size, base::Arena& arena) {
  const std::string text =
      absl::Base64Escape(absl::string_view(static_cast<const char*>(bytes), size));
  return arena.Copy(text);
}

}  // namespace

std::string_view MakeWebSocketKey(base::Arena& arena) {
  base::Random& random = base::Random::OfThread();
  const uint64_t nonce[2] = {random.Next(), random.Next()};
  return Base64(nonce, sizeof(nonce), arena);
}

std::string_view AnswerWebSocketKey(std::string_view key, base::Arena& arena) {
  const base::Sha1Digest digest = base::Sha1(arena.Join(key, kGuid));
  return Base64(digest.data(), digest.size(), arena);
}

}  // namespace weir::http
