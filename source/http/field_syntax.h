// The character classes and small grammars of HTTP (RFC 9110 §5.6), and the scanners that find
// where a class ends. Bytes, never characters: obs-text (0x80 and up) is opaque.
// Pure functions: no state, no thread.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
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

#ifdef __SSE2__
// All ones in each byte that is a control byte (IsControl).
inline __m128i ControlBytes(__m128i bytes) {
  const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
  const __m128i tab = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t'));
  return _mm_or_si128(_mm_andnot_si128(tab, low), _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)));
}
inline unsigned ControlMask(const char* p) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return static_cast<unsigned>(_mm_movemask_epi8(ControlBytes(bytes)));
}
#endif

// The first control byte (IsControl) of [p, end); end when there is none. `floor` ≤ p: where the
// readable text begins, which lets the last bytes be looked at all at once.
inline const char* FindControl(const char* p, const char* end, const char* floor) {
#ifdef __SSE2__
  for (; end - p >= 16; p += 16) {
    if (const unsigned mask = ControlMask(p); mask != 0) return p + std::countr_zero(mask);
  }
  if (p != end && end - floor >= 16) {
    const unsigned mask = ControlMask(end - 16) >> (16 - (end - p));
    return mask != 0 ? p + std::countr_zero(mask) : end;
  }
#endif
  while (p != end && !IsControl(*p)) ++p;
  return p;
}
inline const char* FindControl(const char* p, const char* end) { return FindControl(p, end, p); }

#ifdef __SSE2__
// Copies `size` bytes to `out`, which does not overlap them; false when `classify` finds a byte.
// Short texts are looked at in overlapping halves instead of byte by byte.
template <__m128i (*classify)(__m128i)>
inline bool CopyUnlessFound(char* out, const char* in, size_t size) {
  __m128i found = _mm_setzero_si128();
  if (size >= 16) {
    for (size_t at = 0;;) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + at));
      found = _mm_or_si128(found, classify(bytes));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out + at), bytes);
      if (at + 16 == size) return _mm_movemask_epi8(found) == 0;
      at = at + 32 <= size ? at + 16 : size - 16;
    }
  }
  if (size >= 8) {
    const __m128i first = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(in));
    const __m128i last = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(in + size - 8));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out), first);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out + size - 8), last);
    return _mm_movemask_epi8(classify(_mm_unpacklo_epi64(first, last))) == 0;
  }
  if (size == 0) return true;
  if (size >= 4) {
    uint32_t first;
    uint32_t last;
    std::memcpy(&first, in, 4);
    std::memcpy(&last, in + size - 4, 4);
    std::memcpy(out, &first, 4);
    std::memcpy(out + size - 4, &last, 4);
    found = classify(_mm_set_epi32(0, 0, static_cast<int>(last), static_cast<int>(first)));
    return (_mm_movemask_epi8(found) & 0xff) == 0;
  }
  // First, middle and last: all of one to three bytes.
  const char middle = in[size / 2];
  const char last = in[size - 1];
  found = classify(_mm_set1_epi16(static_cast<short>(uint8_t(in[0]) | uint8_t(middle) << 8)));
  found = _mm_or_si128(found, classify(_mm_set1_epi8(last)));
  out[0] = in[0];
  out[size / 2] = middle;
  out[size - 1] = last;
  return _mm_movemask_epi8(found) == 0;
}
#endif

// Copies a field's text to `out`; false when one of the bytes is a control byte.
inline bool CopyFieldText(char* out, const char* in, size_t size) {
#ifdef __SSE2__
  return CopyUnlessFound<ControlBytes>(out, in, size);
#else
  if (size > 0) std::memcpy(out, in, size);
  return FindControl(in, in + size) == in + size;
#endif
}

#ifdef __SSE2__
// All ones in each byte that cannot stand in a request target.
inline __m128i NonTargetBytes(__m128i bytes) {
  // Signed: bytes of 0x80 and up are below, too.
  const __m128i outside = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x21));
  return _mm_or_si128(outside, _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)),
                                            _mm_cmpeq_epi8(bytes, _mm_set1_epi8('#'))));
}
#endif

// The first byte of [p, end) that cannot stand in a request target: whatever is not visible ASCII,
// and '#'. Wider than RFC 3986 on purpose: browsers send [ ] { } | ^ and others unencoded.
inline const char* FindTargetEnd(const char* p, const char* end) {
#ifdef __SSE2__
  for (; end - p >= 16; p += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(NonTargetBytes(bytes)));
    if (mask != 0) return p + std::countr_zero(mask);
  }
#endif
  while (p != end && *p > 0x20 && *p != 0x7f && *p != '#') ++p;
  return p;
}

// Copies a request target to `out`; false when one of the bytes cannot stand in it.
inline bool CopyTarget(char* out, const char* in, size_t size) {
#ifdef __SSE2__
  return CopyUnlessFound<NonTargetBytes>(out, in, size);
#else
  if (size > 0) std::memcpy(out, in, size);
  return FindTargetEnd(in, in + size) == in + size;
#endif
}

}  // namespace weir::http
