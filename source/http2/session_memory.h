// What nghttp2 allocates for a server's session, made small while the connection is idle. A session
// is dear by itself: a frame buffer of 16 KiB and a table of streams of 4 KiB, both for as long as
// it lives, though the buffer holds something only while a frame is being written and the table
// only while streams are open.
//
//   - All sessions of a thread share one frame buffer: nghttp2 hands out each frame before the next
//     is begun, and Session takes them all before it lets go. In debug builds the buffer is
//     overwritten whenever a session has been flushed, so that a test fails where this is not so.
//   - Tables are pages of their own. When a new session needs one, those of the two connections
//     that are idle longest are given back to the system: a table without streams is all zeros, and
//     so is a page that is touched anew. A table that is not stays as it is.
//
// Everything else comes from the heap. A block is told by its size: where another release of
// nghttp2 allocates otherwise, it costs what it costs. One a session, whose mem_user_data it is;
// worker's thread.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstddef>

#include "source/base/intrusive_list.h"

namespace weir::http2 {

class SessionMemory : public base::ListNode<SessionMemory> {
 public:
  SessionMemory() = default;

  // For nghttp2_session_server_new3, which copies it. Sees this object until the session is gone.
  nghttp2_mem Hooks();
  // The session is made: what comes now is no frame buffer.
  void EndCreation() { is_creating_ = false; }

  void OnFirstStream() { Unlink(); }
  void OnNoStreams();
  // Nothing of a frame is left to be written.
  void OnFlushed();

  static constexpr size_t kTableBytes = 4096;
  static constexpr size_t kFrameBufferBytes = 17 * 1024;
  static constexpr size_t kLeastFrameBufferBytes = 16 * 1024;

 private:
  friend class ThreadPages;

  static void* Allocate(size_t size, void* self);
  static void Free(void* block, void* self);
  static void* AllocateZeroed(size_t count, size_t size, void* self);
  static void* Reallocate(void* block, size_t size, void* self);

  void* table_ = nullptr;         // a page of the thread's
  void* frame_buffer_ = nullptr;  // the thread's
  bool is_creating_ = true;
};

}  // namespace weir::http2
