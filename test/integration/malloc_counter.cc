// A shared object that a test preloads into the proxy: counts each thread's calls of the allocator
// in a file that the test maps as well, and prints where they come from when the test asks for it.
//
//   WEIR_MALLOC_COUNTS=FILE LD_PRELOAD=libmalloc_counter.so weir …
//
// The file holds a Board. Threads beyond its slots are not counted. Any thread; never allocates.
#include <execinfo.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

// glibc's own entry points: looking them up with dlsym would allocate.
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* old, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
void __libc_free(void* memory);
}

namespace {

constexpr int kSlots = 63;
constexpr int kMaxFrames = 24;

struct Slot {
  std::atomic<int64_t> thread_id;
  std::atomic<int64_t> allocations;
  std::atomic<int64_t> releases;
};

// Little more than an array of int64_t, which is how the test reads it.
struct Board {
  std::atomic<int64_t> used_slots;
  std::atomic<int64_t> traced_thread_id;  // whose allocations are printed,
  std::atomic<int64_t> traces_left;       // so many of them
  Slot slots[kSlots];
};

std::atomic<Board*> board{nullptr};

// Initial-exec: the first use in a thread must not allocate.
__attribute__((tls_model("initial-exec"))) thread_local Slot* own_slot = nullptr;
__attribute__((tls_model("initial-exec"))) thread_local bool is_inside = false;

__attribute__((constructor)) void MapBoard() {
  const char* path = std::getenv("WEIR_MALLOC_COUNTS");
  if (path == nullptr) return;
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0 || ftruncate(fd, sizeof(Board)) != 0) return;
  void* memory = mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  // The first backtrace loads the unwinder, which allocates.
  void* frames[1];
  backtrace(frames, 1);
  if (memory != MAP_FAILED) board.store(static_cast<Board*>(memory));
}

Slot* OwnSlot(Board& all) {
  if (own_slot != nullptr) return own_slot;
  const int64_t index = all.used_slots.fetch_add(1);
  if (index >= kSlots) return nullptr;
  own_slot = &all.slots[index];
  own_slot->thread_id = syscall(SYS_gettid);
  return own_slot;
}

void Trace(Board& all) {
  if (is_inside || all.traces_left.fetch_sub(1) <= 0) return;
  is_inside = true;
  void* frames[kMaxFrames];
  const int count = backtrace(frames, kMaxFrames);
  backtrace_symbols_fd(frames, count, STDERR_FILENO);
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, "allocated there\n", 16);
  is_inside = false;
}

void CountAllocation() {
  Board* all = board.load(std::memory_order_relaxed);
  if (all == nullptr) return;
  Slot* slot = OwnSlot(*all);
  if (slot == nullptr) return;
  slot->allocations.fetch_add(1, std::memory_order_relaxed);
  if (slot->thread_id == all->traced_thread_id) Trace(*all);
}

void CountRelease() {
  Board* all = board.load(std::memory_order_relaxed);
  Slot* slot = all == nullptr ? nullptr : OwnSlot(*all);
  if (slot != nullptr) slot->releases.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

extern "C" {

void* malloc(size_t size) {
  CountAllocation();
  return __libc_malloc(size);
}

void* calloc(size_t count, size_t size) {
  CountAllocation();
  return __libc_calloc(count, size);
}

void* realloc(void* old, size_t size) {
  CountAllocation();
  return __libc_realloc(old, size);
}

void* memalign(size_t alignment, size_t size) {
  CountAllocation();
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void** memory, size_t alignment, size_t size) {
  *memory = memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}

void free(void* memory) {
  if (memory != nullptr) CountRelease();
  __libc_free(memory);
}

}  // extern "C"
