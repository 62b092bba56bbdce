// What a crash leaves behind: a few lines on standard error with the signal, the thread and the
// addresses of the calls, enough to tell one crash from another and to find the place with
// addr2line, and nothing of what the memory held. Then the process dies of the signal as it would
// have, so that its supervisor sees the truth.
#pragma once

namespace weir::server {

// For SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGABRT. Does nothing in a build with a sanitizer, which
// reports better itself. Before other threads are started.
void ReportCrashes();

// A stack of its own for the calling thread's handler, so that an overflow of the stack is
// reported, too. Ends with the thread.
void ReserveCrashStack();

}  // namespace weir::server
