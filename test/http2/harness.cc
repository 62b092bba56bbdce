#include "test/http2/harness.h"

#include <nghttp2/nghttp2.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace weir::http2 {
namespace {

std::string Take(base::Buffer& buffer) {
  std::string bytes = buffer.ToString();
  buffer.Clear();
  return bytes;
}

std::string BigEndian(uint64_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i));
  return text;
}

uint32_t Number(std::string_view bytes) {
  uint32_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<uint8_t>(c);
  return value;
}

void AddFields(const Fields& fields, http::HeaderMap& map) {
  for (const auto& [name, value] : fields) map.AddCopy(name, value);
}

}  // namespace

std::string ToText(const http::HeaderMap& map) {
  std::string text;
  for (const http::Header& field : map) {
    absl::StrAppend(&text, std::string(field.name), ": ", std::string(field.value), "\n");
  }
  return text;
}

std::string ToText(const http::StreamError& error) {
  return absl::StrCat(std::string(error.detail), error.retryable ? " retryable" : "");
}

void SeenRequest::OnRequestHead(http::RequestHead& request, bool ends_stream) {
  head = &request;
  method = request.method_name;
  path = request.path;
  authority = request.authority;
  scheme = request.scheme;
  upgrade = request.upgrade;
  content_length = request.content_length;
  expects_continue = request.expects_continue;
  fields = ToText(request.headers);
  if (server->on_head) server->on_head(*this);
  if (ends_stream) {
    ended = true;
    if (server->on_end) server->on_end(*this);
    if (server->answers && stream != nullptr) Reply(200, "ok");
  }
}

void SeenRequest::OnRequestBody(base::Buffer& bytes, bool ends_stream) {
  body += Take(bytes);
  if (!ends_stream) return;
  ended = true;
  if (server->on_end) server->on_end(*this);
  if (server->answers && stream != nullptr) Reply(200, "ok");
}

void SeenRequest::OnRequestTrailers(http::HeaderMap& map) {
  trailers = ToText(map);
  ended = true;
  if (server->on_end) server->on_end(*this);
  if (server->answers && stream != nullptr) Reply(200, "ok");
}

void SeenRequest::OnStreamReset(const http::StreamError& why) { error = ToText(why); }

void SeenRequest::OnStreamDone() {
  done = true;
  stream = nullptr;
  head = nullptr;
}

void SeenRequest::OnSendLow() { ++lows; }

void SeenRequest::SendHead(int status, bool ends_stream, int64_t length, const Fields& more) {
  http::ResponseHead response(*arena);
  response.status = status;
  response.content_length = length;
  AddFields(more, response.headers);
  stream->SendHead(response, ends_stream);
}

void SeenRequest::SendBody(std::string_view bytes, bool ends_stream) {
  base::Buffer buffer;
  buffer.Append(bytes);
  stream->SendBody(buffer, ends_stream);
}

void SeenRequest::Reply(int status, std::string_view bytes, const Fields& more) {
  SendHead(status, bytes.empty(), static_cast<int64_t>(bytes.size()), more);
  if (!bytes.empty() && stream != nullptr) SendBody(bytes, true);
}

Server::Server(Options server_options) : options(server_options) {
  connection = CreateServer(*this, options, stats);
}

void Server::Receive(std::string_view bytes) {
  unread_ += bytes;
  for (;;) {
    const std::string all = std::exchange(unread_, {});
    const size_t consumed = connection->Feed(all);
    if (consumed == all.size()) return;
    unread_ = all.substr(consumed);
    if (consumed == 0 && !yields) return;
  }
}

std::string Server::TakeOutput() { return Take(output_); }

http::ServerStreamHandler& Server::OnNewStream(http::ServerStream& stream, base::Arena& arena) {
  auto& request = *requests.emplace_back(std::make_unique<SeenRequest>());
  request.server = this;
  request.stream = &stream;
  request.arena = &arena;
  return request;
}

void Server::OnBadRequest(const http::StreamError& error, int status) {
  refused.push_back(absl::StrCat(status, " ", ToText(error)));
  connection->SendErrorReply(status, {});
}

bool Server::YieldReading() {
  ++yield_count;
  return yields;
}

void Server::OnConnectionDone(bool /*lingers*/) { is_done = true; }

void SeenResponse::OnInformational(http::ResponseHead& response) {
  absl::StrAppend(&informational, response.status, "\n", ToText(response.headers));
}

void SeenResponse::OnResponseHead(http::ResponseHead& response, bool ends_stream) {
  status = response.status;
  upgrade = response.upgrade;
  content_length = response.content_length;
  fields = ToText(response.headers);
  ended = ends_stream;
}

void SeenResponse::OnResponseBody(base::Buffer& bytes, bool ends_stream) {
  body += Take(bytes);
  ended = ends_stream;
}

void SeenResponse::OnResponseTrailers(http::HeaderMap& map) {
  trailers = ToText(map);
  ended = true;
}

void SeenResponse::OnStreamReset(const http::StreamError& why) {
  error = ToText(why);
  is_retryable = why.retryable;
}

void SeenResponse::OnStreamDone() {
  done = true;
  stream = nullptr;
}

void SeenResponse::SendBody(std::string_view bytes, bool ends_stream) {
  base::Buffer buffer;
  buffer.Append(bytes);
  stream->SendBody(buffer, ends_stream);
}

Client::Client(Options client_options, bool is_secure) : options(client_options) {
  connection = CreateClient(*this, options, stats, is_secure);
}

SeenResponse& Client::Request(std::string_view method, std::string_view path, bool ends_stream,
                              const std::function<void(http::RequestHead&)>& edit) {
  auto& response = *responses.emplace_back(std::make_unique<SeenResponse>());
  response.stream = &connection->NewStream(response, response.arena);
  base::Arena arena;  // a request's head is its owner's, who may let go of it at once
  http::RequestHead head(arena);
  head.method_name = method;
  head.method = http::ParseMethod(method);
  head.path = path;
  head.authority = "a.test";
  head.scheme = "http";
  head.content_length = ends_stream ? 0 : -1;
  edit(head);
  response.stream->SendHead(head, ends_stream);
  return response;
}

std::string Client::TakeOutput() { return Take(output_); }

void Exchange(Client& client, Server& server, size_t piece) {
  for (;;) {
    const std::string up = client.TakeOutput();
    const std::string down = server.TakeOutput();
    if (up.empty() && down.empty()) return;
    for (size_t at = 0; at < up.size(); at += std::min(piece, up.size() - at)) {
      server.Receive(std::string_view(up).substr(at, piece));
    }
    for (size_t at = 0; at < down.size(); at += std::min(piece, down.size() - at)) {
      client.Receive(std::string_view(down).substr(at, piece));
    }
  }
}

std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload) {
  return absl::StrCat(BigEndian(payload.size(), 3), BigEndian(type, 1), BigEndian(flags, 1),
                      BigEndian(stream, 4), std::string(payload));
}

std::string Settings(const std::vector<std::pair<uint16_t, uint32_t>>& entries) {
  std::string payload;
  for (const auto& [id, value] : entries) payload += BigEndian(id, 2) + BigEndian(value, 4);
  return Frame(NGHTTP2_SETTINGS, 0, 0, payload);
}

Encoder::Encoder() { nghttp2_hd_deflate_new(&deflater_, 4096); }
Encoder::~Encoder() { nghttp2_hd_deflate_del(deflater_); }

std::string Encoder::Encode(const Fields& fields) {
  std::vector<nghttp2_nv> pairs;
  const auto bytes = [](const std::string& text) {
    return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
  };
  for (const auto& [name, value] : fields) {
    pairs.push_back({bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  std::string block(nghttp2_hd_deflate_bound(deflater_, pairs.data(), pairs.size()), '\0');
  const ssize_t size =
      nghttp2_hd_deflate_hd(deflater_, bytes(block), block.size(), pairs.data(), pairs.size());
  block.resize(static_cast<size_t>(size));
  return block;
}

Fields Get(const Fields& more) {
  Fields fields = {
      {":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a.test"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

std::string Describe(std::string_view frames) {
  constexpr const char* kNames[] = {"DATA",          "HEADERS",      "PRIORITY", "RST_STREAM",
                                    "SETTINGS",      "PUSH_PROMISE", "PING",     "GOAWAY",
                                    "WINDOW_UPDATE", "CONTINUATION"};
  std::string text;
  while (frames.size() >= 9) {
    const uint32_t size = Number(frames.substr(0, 3));
    const auto type = static_cast<uint8_t>(frames[3]);
    const auto flags = static_cast<uint8_t>(frames[4]);
    const uint32_t stream = Number(frames.substr(5, 4));
    const std::string_view payload = frames.substr(9, size);
    absl::StrAppend(&text, text.empty() ? "" : " ", type < 10 ? kNames[type] : "UNKNOWN");
    if (stream != 0) absl::StrAppend(&text, " ", stream);
    if (type == NGHTTP2_GOAWAY) absl::StrAppend(&text, "(", Number(payload.substr(4, 4)), ")");
    if (type == NGHTTP2_RST_STREAM) absl::StrAppend(&text, "(", Number(payload), ")");
    if (type == NGHTTP2_DATA) absl::StrAppend(&text, "[", size, "]");
    const bool is_ack = type == NGHTTP2_SETTINGS || type == NGHTTP2_PING;
    if ((flags & 1) != 0) absl::StrAppend(&text, is_ack ? "+ack" : "+end");
    frames.remove_prefix(9 + size);
  }
  return text;
}

RawPeer::RawPeer(Options options) : server(options) {
  Send(absl::StrCat(std::string(kPreface), Settings(),
                    Frame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, {})));
  Answer();
}

uint32_t RawPeer::Head(const Fields& fields, bool ends_stream) {
  const uint32_t stream = std::exchange(next_stream, next_stream + 2);
  const auto flags =
      static_cast<uint8_t>(NGHTTP2_FLAG_END_HEADERS | (ends_stream ? NGHTTP2_FLAG_END_STREAM : 0));
  Send(Frame(NGHTTP2_HEADERS, flags, stream, encoder.Encode(fields)));
  return stream;
}

}  // namespace weir::http2
