// The table of well-known field names and the perfect hash that finds them.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "source/http/header_map.h"

namespace weir::http {
namespace {

constexpr size_t kNameCount = static_cast<size_t>(HeaderId::kCount);
constexpr size_t kSlotCount = 512;

// In the order of HeaderId.
constexpr std::array<std::string_view, kNameCount> kTexts = {
    "",
    "accept",
    "accept-encoding",
    "accept-language",
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "date",
    "etag",
    "expect",
    "forwarded",
    "grpc-message",
    "grpc-status",
    "grpc-timeout",
    "host",
    "http2-settings",
    "keep-alive",
    "last-modified",
    "location",
    "origin",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "referer",
    "retry-after",
    "server",
    "set-cookie",
    "te",
    "traceparent",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "vary",
    "via",
    "x-envoy-attempt-count",
    "x-envoy-expected-rq-timeout-ms",
    "x-envoy-external-address",
    "x-envoy-internal",
    "x-envoy-max-retries",
    "x-envoy-original-path",
    "x-envoy-overloaded",
    "x-envoy-retry-on",
    "x-envoy-upstream-rq-per-try-timeout-ms",
    "x-envoy-upstream-rq-timeout-ms",
    "x-envoy-upstream-service-time",
    "x-forwarded-client-cert",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-request-id",
};
static_assert(std::all_of(kTexts.begin(), kTexts.end(),
                          [](std::string_view name) { return name.size() <= kMaxNameBytes; }));
static_assert(!kTexts.back().empty(), "one name for each HeaderId");

using PaddedName = std::array<char, kMaxNameBytes>;
constexpr std::array<PaddedName, kNameCount> kPaddedNames = [] {
  std::array<PaddedName, kNameCount> padded{};
  for (size_t i = 0; i < kNameCount; ++i) {
    std::copy(kTexts[i].begin(), kTexts[i].end(), padded[i].begin());
  }
  return padded;
}();
}  // namespace

constexpr std::array<std::string_view, kNameCount> kHeaderNames = [] {
  std::array<std::string_view, kNameCount> names{};
  for (size_t i = 0; i < kNameCount; ++i) names[i] = {kPaddedNames[i].data(), kTexts[i].size()};
  return names;
}();

namespace {

constexpr size_t kShortestName = 2;

// Length, first, middle and the last two letters tell the names apart; `seed` spreads them over
// the slots. Requires size ≥ kShortestName.
constexpr uint32_t HashName(std::string_view name, uint32_t seed) {
  const size_t size = name.size();
  const uint32_t letters = static_cast<uint8_t>(name[size / 2]) |
                           uint32_t{static_cast<uint8_t>(name[size - 1])} << 8 |
                           uint32_t{static_cast<uint8_t>(name[size - 2])} << 16 |
                           uint32_t{static_cast<uint8_t>(name[0])} << 24;
  // The same for upper and lower case, and for bytes that are no letters at all: whoever finds a
  // slot compares the name.
  const uint32_t key = (letters | 0x20202020) ^ static_cast<uint32_t>(size) << 27;
  return (key * seed) >> 23;
}
static_assert((UINT32_MAX >> 23) < kSlotCount);

constexpr bool HasCollision(uint32_t seed) {
  std::array<bool, kSlotCount> taken{};
  for (size_t i = 1; i < kNameCount; ++i) {
    const uint32_t slot = HashName(kHeaderNames[i], seed);
    if (taken[slot]) return true;
    taken[slot] = true;
  }
  return false;
}

// The first multiplier that gives every name a slot of its own.
consteval uint32_t FindSeed() {
  for (uint32_t seed = 0x9E3779B1;; seed += 2) {
    if (!HasCollision(seed)) return seed;
  }
}
constexpr uint32_t kSeed = FindSeed();

constexpr std::array<HeaderId, kSlotCount> kSlots = [] {
  std::array<HeaderId, kSlotCount> slots{};
  for (size_t i = 1; i < kNameCount; ++i) slots[HashName(kHeaderNames[i], kSeed)] = HeaderId(i);
  return slots;
}();

// The bits in which a name of any case must agree with ours: not the case bit of a letter, nothing
// behind the end.
constexpr std::array<PaddedName, kNameCount> kCaredBits = [] {
  std::array<PaddedName, kNameCount> all{};
  for (size_t i = 1; i < kNameCount; ++i) {
    for (size_t at = 0; at < kTexts[i].size(); ++at) {
      const bool is_letter = kTexts[i][at] >= 'a' && kTexts[i][at] <= 'z';
      all[i][at] = static_cast<char>(is_letter ? 0xdf : 0xff);
    }
  }
  return all;
}();

uint64_t WordAt(const char* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

}  // namespace

HeaderId FindHeaderIdIgnoringCase(std::string_view& name) {
  if (name.size() < kShortestName) return HeaderId::kOther;
  const HeaderId id = kSlots[HashName(name, kSeed)];
  const auto index = static_cast<size_t>(id);
  if (kHeaderNames[index].size() != name.size()) return HeaderId::kOther;
  for (size_t at = 0; at < name.size(); at += sizeof(uint64_t)) {
    const uint64_t differing = WordAt(name.data() + at) ^ WordAt(&kPaddedNames[index][at]);
    if ((differing & WordAt(&kCaredBits[index][at])) != 0) return HeaderId::kOther;
  }
  name = kHeaderNames[index];
  return id;
}

HeaderId FindHeaderId(std::string_view lower_case_name) {
  if (lower_case_name.size() < kShortestName) return HeaderId::kOther;
  const HeaderId id = kSlots[HashName(lower_case_name, kSeed)];
  return kHeaderNames[static_cast<size_t>(id)] == lower_case_name ? id : HeaderId::kOther;
}

}  // namespace weir::http
