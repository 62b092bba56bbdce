// Comparing and hashing ASCII text without regard to case, eight bytes at a time: host names and
// case-insensitive paths are looked up on every request. Pure functions; other bytes are equal
// only to themselves.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace weir::routing {

constexpr char FoldByte(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string Folded(std::string_view text);

// Sets bit 5 of each of eight bytes that is in 'A'..'Z'.
inline uint64_t FoldWord(uint64_t word) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  const uint64_t low_bits = word & (kOnes * 0x7f);
  const uint64_t at_least_a = low_bits + kOnes * (0x80 - 'A');
  const uint64_t beyond_z = low_bits + kOnes * (0x80 - 'Z' - 1);
  return word | ((at_least_a & ~beyond_z & ~word & (kOnes * 0x80)) >> 2);
}

namespace internal {

// Up to eight bytes as a number; missing ones are zero.
inline uint64_t LoadWord(const char* bytes, size_t size) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, size < 8 ? size : 8);
  return word;
}

inline uint64_t Mix(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

}  // namespace internal

// Keys come from configuration only, so the hash need not resist a peer.
template <bool kFold>
struct TextHash {
  using is_transparent = void;

  size_t operator()(std::string_view text) const {
    uint64_t hash = 0x9e3779b97f4a7c15 ^ text.size();
    for (size_t i = 0; i < text.size(); i += 8) {
      const uint64_t word = internal::LoadWord(text.data() + i, text.size() - i);
      hash = internal::Mix(hash ^ (kFold ? FoldWord(word) : word), 0xd6e8feb86659fd93);
    }
    return hash;
  }
};

template <bool kFold>
struct TextEqual {
  using is_transparent = void;

  bool operator()(std::string_view a, std::string_view b) const {
    if constexpr (!kFold) return a == b;
    if (a.size() != b.size()) return false;
    for (size_t i = 0; i < a.size(); i += 8) {
      if (FoldWord(internal::LoadWord(a.data() + i, a.size() - i)) !=
          FoldWord(internal::LoadWord(b.data() + i, b.size() - i))) {
        return false;
      }
    }
    return true;
  }
};

bool EqualFolded(std::string_view a, std::string_view b);
bool StartsWithFolded(std::string_view text, std::string_view prefix);
bool EndsWithFolded(std::string_view text, std::string_view suffix);
// `folded_part` is in lower case already.
bool ContainsFolded(std::string_view text, std::string_view folded_part);

}  // namespace weir::routing
