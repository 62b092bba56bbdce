// The character classes and small grammars of HTTP (RFC 9110 §5.6), and the scanners that find
// where a class ends. Bytes, never characters: obs-text (0x80 and up) is opaque.
// Pure functions: no state, no thread.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace weir::http {

// Marks '_' in kTokenTable, so that a parser learns of underscores without a second look.
inline constexpr uint8_t kUnderscoreBit = 0x80;

// tchar → its lower-case form ('_' with kUnderscoreBit); every other byte → 0.
inline constexpr std::array<uint8_t, 256> kTokenTable = [] {
  std::array<uint8_t, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[c] = static_cast<uint8_t>(c);
  for (int c = 'a'; c <= 'z'; ++c) table[c] = static_cast<uint8_t>(c);
  for (int c = 'A'; c <= 'Z'; ++c) table[c] = static_cast<uint8_t>(c - 'A' + 'a');
  for (char c : std::string_view("!#$%&'*+-.^`|~")) table[c] = static_cast<uint8_t>(c);
  table['_'] = '_' | kUnderscoreBit;
  return table;
}();

constexpr bool IsTokenByte(char c) { return kTokenTable[static_cast<uint8_t>(c)] != 0; }
constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsOws(char c) { return c == ' ' || c == '\t'; }
constexpr char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
// The value of a hexadecimal digit; -1 for any other byte.
constexpr int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
// CTL other than HTAB: what no head may contain besides its line ends.
constexpr bool IsControl(char c) {
  return (static_cast<uint8_t>(c) < 0x20 && c != '\t') || c == 0x7f;
}

bool IsToken(std::string_view text);
// A field name as the header map keeps it: a lower-case token.
bool IsLowerCaseFieldName(std::string_view name);
// Nothing in it can end the field (RFC 9110 §5.5). For whoever makes values out of foreign text.
bool IsFieldValue(std::string_view value);
// `lower` is lower case already.
bool EqualsIgnoreCase(std::string_view text, std::string_view lower);
std::string_view TrimOws(std::string_view text);

// Takes the next element, trimmed, off the front of a comma-separated list; false at its end.
// Empty elements are shown: whether they are allowed is the caller's question. No quoted strings.
bool NextListElement(std::string_view& list, std::string_view& element);

// The first control byte (IsControl) of [p, end); end when there is none.
inline const char* FindControl(const char* p, const char* end) {
#ifdef __SSE2__
  const __m128i highest_low = _mm_set1_epi8(0x1f);
  const __m128i tab = _mm_set1_epi8('\t');
  const __m128i del = _mm_set1_epi8(0x7f);
  for (; end - p >= 16; p += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, highest_low), bytes);
    const __m128i found =
        _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(bytes, tab), low), _mm_cmpeq_epi8(bytes, del));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(found));
    if (mask != 0) return p + std::countr_zero(mask);
  }
#endif
  while (p != end && !IsControl(*p)) ++p;
  return p;
}

// The first byte of [p, end) that cannot stand in a request target: whatever is not visible ASCII,
// and '#'. Wider than RFC 3986 on purpose: browsers send [ ] { } | ^ and others unencoded.
inline const char* FindTargetEnd(const char* p, const char* end) {
#ifdef __SSE2__
  const __m128i lowest = _mm_set1_epi8(0x21);
  const __m128i del = _mm_set1_epi8(0x7f);
  const __m128i hash = _mm_set1_epi8('#');
  for (; end - p >= 16; p += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    // Signed: bytes of 0x80 and up are below, too.
    const __m128i found =
        _mm_or_si128(_mm_cmplt_epi8(bytes, lowest),
                     _mm_or_si128(_mm_cmpeq_epi8(bytes, del), _mm_cmpeq_epi8(bytes, hash)));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(found));
    if (mask != 0) return p + std::countr_zero(mask);
  }
#endif
  while (p != end && *p > 0x20 && *p != 0x7f && *p != '#') ++p;
  return p;
}

}  // namespace weir::http
