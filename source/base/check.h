// WEIR_CHECK(condition): what our own code must guarantee. Prints and aborts when it does not hold.
// Bytes from a peer never decide a check.
#pragma once

namespace weir::base::internal {
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);
}  // namespace weir::base::internal

#define WEIR_CHECK(condition)         \
  ((condition) ? static_cast<void>(0) \
               : ::weir::base::internal::CheckFailed(#condition, __FILE__, __LINE__))

#ifdef NDEBUG
#define WEIR_DCHECK(condition) static_cast<void>(sizeof(condition))
#else
#define WEIR_DCHECK(condition) WEIR_CHECK(condition)
#endif
