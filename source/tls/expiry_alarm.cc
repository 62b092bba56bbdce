#include "source/tls/expiry_alarm.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "source/base/log.h"

namespace weir::tls {
namespace {

constexpr int64_t kDays[] = {30, 7, 1, 0};

}  // namespace

bool ExpiryAlarm::Look(const std::optional<FirstToExpire>& first) {
  const auto is_passed = [&first](int64_t days) { return first && first->days <= days; };
  const auto level =
      static_cast<size_t>(std::count_if(std::begin(kDays), std::end(kDays), is_passed));
  const size_t before = std::exchange(level_, level);
  if (level <= before) return false;
  if (first->days > 0) {
    WEIR_LOG(kWarning, "tls", first->context, ": a certificate expires in ", first->days,
             " days: ", first->path);
  } else {
    WEIR_LOG(kWarning, "tls", first->context,
             ": a certificate expires today or has expired: ", first->path);
  }
  return true;
}

}  // namespace weir::tls
