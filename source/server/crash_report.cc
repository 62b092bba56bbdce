// Tested by test/integration/process_test.py
#include "source/server/crash_report.h"

#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "source/base/version.h"

namespace weir::server {

namespace {

constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
constexpr size_t kStackBytes = 64 * 1024;
constexpr int kMaxFrames = 64;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kHasSanitizer = true;
#else
constexpr bool kHasSanitizer = false;
#endif

// Only what signal-safety(7) allows: no allocation, no lock, no stdio.
void Put(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<size_t>(written));
  }
}

void PutNumber(uint64_t number, unsigned radix) {
  char digits[20];
  size_t first = sizeof digits;
  do {
    digits[--first] = "0123456789abcdef"[number % radix];
    number /= radix;
  } while (number != 0);
  Put({digits + first, sizeof digits - first});
}

std::string_view NameOf(int signal) {
  switch (signal) {
    case SIGSEGV:
      return "SIGSEGV";
    case SIGBUS:
      return "SIGBUS";
    case SIGILL:
      return "SIGILL";
    case SIGFPE:
      return "SIGFPE";
    default:
      return "SIGABRT";
  }
}

void OnCrash(int signal, siginfo_t* info, void* /*context*/) {
  char thread[16] = {};
  pthread_getname_np(pthread_self(), thread, sizeof thread);
  Put("weir ");
  Put(base::kVersion);
  Put(": ");
  Put(NameOf(signal));
  if (signal != SIGABRT) {
    Put(" at address 0x");
    PutNumber(reinterpret_cast<uintptr_t>(info->si_addr), 16);
  }
  Put(" in thread \"");
  Put(thread);
  Put("\"; its calls, the innermost first:\n");
  void* frames[kMaxFrames];
  backtrace_symbols_fd(frames, backtrace(frames, kMaxFrames), STDERR_FILENO);
  // SA_RESETHAND has put back the default, which this is delivered to on return.
  raise(signal);
}

}  // namespace

void ReportCrashes() {
  if (kHasSanitizer) return;
  // The first call loads a library, which a handler must not.
  void* frame;
  backtrace(&frame, 1);
  ReserveCrashStack();
  for (const int signal : kSignals) {
    struct sigaction action {};
    action.sa_sigaction = OnCrash;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | static_cast<int>(SA_RESETHAND);
    sigaction(signal, &action, nullptr);
  }
}

void ReserveCrashStack() {
  if (kHasSanitizer) return;
  struct Stack {
    Stack() {
      const stack_t stack{bytes.get(), 0, kStackBytes};
      sigaltstack(&stack, nullptr);
    }
    ~Stack() {
      const stack_t none{nullptr, SS_DISABLE, 0};
      sigaltstack(&none, nullptr);
    }
    const std::unique_ptr<char[]> bytes = std::make_unique<char[]>(kStackBytes);
  };
  thread_local const Stack stack;
}

}  // namespace weir::server
