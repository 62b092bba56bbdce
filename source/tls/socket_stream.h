// The descriptor as the TLS library sees it (a BIO). Reads ahead: one recv takes all that is there
// into a buffer of the thread, from which the library takes a record's header and body; a short
// recv or send is the kernel's word that there is no more, so EAGAIN is rarely asked for. What a
// call of TransportSocket leaves unread is kept, and only then does a connection own any of it.
// errno is preserved; one that writing met does not end reading. One a connection, worker's thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "source/tls/tls_library.h"

namespace weir::tls {

class SocketStream {
 public:
  SocketStream() = default;
  SocketStream(const SocketStream&) = delete;
  SocketStream& operator=(const SocketStream&) = delete;

  // The caller owns it; it must end before the stream.
  BioPtr CreateBio();

  // Around every call into the library. `wanted_bytes`: how much plaintext there is room for.
  void Begin(int fd, size_t wanted_bytes);
  void End();

  int fd() const { return fd_; }
  int error() const { return read_error_ != 0 ? read_error_ : write_error_; }
  int write_error() const { return write_error_; }
  bool has_ended() const { return has_ended_; }
  // There may be more to read without the descriptor saying so.
  bool has_kept() const { return !kept_.empty(); }

 private:
  static BIO_METHOD* Method();
  static int OnBioRead(BIO* bio, char* into, int size);
  static int OnBioWrite(BIO* bio, const char* from, int size);
  static long OnBioControl(BIO* bio, int command, long number, void* pointer);
  static int OnBioCreate(BIO* bio);

  // Bytes; 0: the end; -1: none now, or error().
  int Read(char* into, size_t size);
  int Write(const char* from, size_t size);
  bool Fill();

  int fd_ = -1;
  int read_error_ = 0, write_error_ = 0;
  bool has_ended_ = false;
  bool is_drained_ = false;  // during this call
  bool is_full_ = false;     // during this call
  size_t read_bytes_ = 0;    // how much to ask the kernel for
  std::string_view ahead_;   // in the thread's buffer or in kept_
  std::string kept_;
};

}  // namespace weir::tls
