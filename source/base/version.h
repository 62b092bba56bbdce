// The release that this source is; every program of it says so.
#pragma once

namespace weir::base {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace weir::base
