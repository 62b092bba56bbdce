// Decoded fields → RequestHead, ResponseHead or trailers, in the stream's arena.
//
// Each field is charged (name + value + 32, RFC 9113 §6.5.2) before anything is allocated for it,
// also when it will be dropped. The first fault stays and further fields are skipped: the block is
// decoded to its end all the same, because the decoder's state belongs to the connection.
// nghttp2 has checked the order and number of pseudo-fields, names' and values' bytes, fields that
// belong to a connection, and TE; what it does not know is checked here. One a stream.
#pragma once

#include <cstdint>
#include <string_view>

#include "source/http/message.h"
#include "source/http/message_fault.h"
#include "source/http2/http2_options.h"
#include "source/http2/http2_stats.h"

namespace weir::http2 {

class HeadReader {
 public:
  // A block of fields begins.
  void StartRequest(base::Arena& arena, const Options& options);
  void StartResponse(base::Arena& arena, const Options& options);
  void StartTrailers(base::Arena& arena, const Options& options);
  void Add(std::string_view name, std::string_view value);

  // Judge the block. `ends_stream`: no body follows.
  http::MessageFault FinishRequest(bool ends_stream, Stats& stats);
  http::MessageFault FinishResponse();
  http::MessageFault FinishTrailers() const { return fault_; }

  // Of the block that was read last.
  uint32_t charged_bytes() const { return charged_bytes_; }

  http::RequestHead& request() { return *request_; }
  http::ResponseHead& response() { return *response_; }
  http::HeaderMap& trailers() { return *trailers_; }

 private:
  enum class Block : uint8_t { kNone, kRequest, kResponse, kTrailers };

  void Start(Block block, base::Arena& arena, const Options& options);
  bool Charge(std::string_view name, std::string_view value);
  void AddPseudo(std::string_view name, std::string_view value);
  void AddField(std::string_view name, std::string_view value);
  void AddRequestField(http::HeaderId id, std::string_view name, std::string_view value);
  bool AdmitUnderscores(std::string_view name);
  // A copy in the arena; null data and a fault when it holds a control byte.
  std::string_view CopyValue(std::string_view value);
  void SetPath(std::string_view value);
  void SetAuthority(std::string_view value, std::string_view& canonical);
  void JoinCookies();
  void Refuse(const http::FaultRow& row) {
    if (!fault_) fault_ = row;
  }

  base::Arena* arena_ = nullptr;
  const Options* options_ = nullptr;
  http::RequestHead* request_ = nullptr;
  http::ResponseHead* response_ = nullptr;
  http::HeaderMap* trailers_ = nullptr;
  http::MessageFault fault_;
  std::string_view host_, protocol_, scheme_;
  uint32_t charged_bytes_ = 0;
  uint32_t field_count_ = 0;
  uint32_t cookie_count_ = 0;
  uint32_t underscores_dropped_ = 0;
  int64_t content_length_ = -1;
  Block block_ = Block::kNone;
};

}  // namespace weir::http2
