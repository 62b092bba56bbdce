// Tested by test/tls/tls_socket_test.cc
#include "source/tls/socket_stream.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace weir::tls {
namespace {

constexpr size_t kAheadBytes = 64 * 1024;
// A record that the library holds in part becomes plaintext beside what is read now.
constexpr size_t kRecordRoomBytes = 17 * 1024;

char* AheadBuffer() {
  static thread_local const std::unique_ptr<char[]> buffer(new char[kAheadBytes]);
  return buffer.get();
}

}  // namespace

BioPtr SocketStream::CreateBio() {
  BioPtr bio(BIO_new(Method()));
  BIO_set_data(bio.get(), this);
  return bio;
}

BIO_METHOD* SocketStream::Method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "weir socket");
    BIO_meth_set_create(made, OnBioCreate);
    BIO_meth_set_read(made, OnBioRead);
    BIO_meth_set_write(made, OnBioWrite);
    BIO_meth_set_ctrl(made, OnBioControl);
    return made;
  }();
  return method;
}

int SocketStream::OnBioCreate(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

long SocketStream::OnBioControl(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int SocketStream::OnBioRead(BIO* bio, char* into, int size) {
  auto* const stream = static_cast<SocketStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const int count = stream->Read(into, static_cast<size_t>(size));
  if (count < 0 && stream->read_error_ == 0) BIO_set_retry_read(bio);
  return count;
}

int SocketStream::OnBioWrite(BIO* bio, const char* from, int size) {
  auto* const stream = static_cast<SocketStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const int count = stream->Write(from, static_cast<size_t>(size));
  if (count < 0 && stream->write_error_ == 0) BIO_set_retry_write(bio);
  return count;
}

void SocketStream::Begin(int fd, size_t wanted_bytes) {
  fd_ = fd;
  is_drained_ = false;
  is_full_ = false;
  read_bytes_ =
      wanted_bytes > 2 * kRecordRoomBytes ? wanted_bytes - kRecordRoomBytes : wanted_bytes;
  read_bytes_ = std::min(std::max(read_bytes_, kRecordRoomBytes), kAheadBytes);
  ahead_ = kept_;
}

void SocketStream::End() {
  // Both may be views into kept_.
  std::string rest(ahead_);
  kept_ = std::move(rest);
  ahead_ = {};
}

int SocketStream::Read(char* into, size_t size) {
  if (ahead_.empty() && !Fill()) return has_ended_ ? 0 : -1;
  const size_t count = std::min(size, ahead_.size());
  std::memcpy(into, ahead_.data(), count);
  ahead_.remove_prefix(count);
  return static_cast<int>(count);
}

bool SocketStream::Fill() {
  if (is_drained_ || has_ended_ || read_error_ != 0) return false;
  ssize_t count;
  do {
    count = recv(fd_, AheadBuffer(), read_bytes_, 0);
  } while (count < 0 && errno == EINTR);
  if (count < 0 && errno != EAGAIN) read_error_ = errno;
  if (count == 0) has_ended_ = true;
  is_drained_ = count < static_cast<ssize_t>(read_bytes_);
  if (count > 0) ahead_ = {AheadBuffer(), static_cast<size_t>(count)};
  return count > 0;
}

int SocketStream::Write(const char* from, size_t size) {
  if (is_full_ || write_error_ != 0) return -1;
  ssize_t count;
  do {
    count = send(fd_, from, size, MSG_NOSIGNAL);
  } while (count < 0 && errno == EINTR);
  if (count < 0 && errno != EAGAIN) write_error_ = errno;
  is_full_ = count < static_cast<ssize_t>(size);
  return static_cast<int>(count);
}

}  // namespace weir::tls
