// Makes every message that an Any in a resource may hold part of the program, so that files are
// checked all the way down.
#pragma once

namespace weir::control {

// Before the first file is read; any number of times.
void LinkKnownMessages();

}  // namespace weir::control
