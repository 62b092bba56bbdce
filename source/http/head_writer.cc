#include "source/http/head_writer.h"

#include <charconv>
#include <cstring>

#include "source/http/field_syntax.h"
#include "source/http/hop_by_hop.h"
#include "source/http/websocket.h"

namespace weir::http {
namespace {

// What the fixed lines of a head can take: start line without its variable parts, framing,
// connection.
constexpr size_t kFixedBytes = 256 + kMaxNameBytes;  // a name is copied with its padding
constexpr size_t kFieldExtraBytes = 4;               // ": " and CRLF

// Writes into memory that is known to suffice.
class HeadCursor {
 public:
  explicit HeadCursor(char* begin) : begin_(begin), out_(begin) {}

  void Put(std::string_view text) {
    if (!text.empty()) std::memcpy(out_, text.data(), text.size());
    out_ += text.size();
  }
  void Put(char c) { *out_++ = c; }
  void PutNumber(int64_t number) { out_ = std::to_chars(out_, out_ + 20, number).ptr; }

  void PutField(std::string_view name, std::string_view value) {
    PutChecked(name);
    *out_++ = ':';
    *out_++ = ' ';
    PutChecked(value);
    *out_++ = '\r';
    *out_++ = '\n';
  }

  // False when there is a control byte among what was put.
  bool PutChecked(std::string_view text) {
    const bool is_clean = CopyFieldText(out_, text.data(), text.size());
    out_ += text.size();
    return is_clean;
  }

  // A field of a map. Leaves nothing behind when it holds a control byte.
  void PutField(const Header& field) {
    char* const begin = out_;
    bool is_clean = true;
    if (field.id == HeaderId::kOther) {
      is_clean = PutChecked(field.name);
    } else {
      const std::string_view name = HeaderName(field.id);
      std::memcpy(out_, name.data(), kMaxNameBytes);
      out_ += name.size();
    }
    *out_++ = ':';
    *out_++ = ' ';
    is_clean = PutChecked(field.value) && is_clean;
    *out_++ = '\r';
    *out_++ = '\n';
    if (!is_clean) out_ = begin;
  }

  // Part of a request line; `bytes` that would end or split it are percent-encoded.
  void PutTarget(std::string_view target) {
    if (CopyTarget(out_, target.data(), target.size())) {
      out_ += target.size();
      return;
    }
    const char* p = target.data();
    const char* const end = p + target.size();
    for (;;) {
      const char* const stop = FindTargetEnd(p, end);
      Put({p, static_cast<size_t>(stop - p)});
      if (stop == end) return;
      constexpr char kDigits[] = "0123456789ABCDEF";
      *out_++ = '%';
      *out_++ = kDigits[static_cast<uint8_t>(*stop) >> 4];
      *out_++ = kDigits[static_cast<uint8_t>(*stop) & 0xf];
      p = stop + 1;
    }
  }

  size_t size() const { return static_cast<size_t>(out_ - begin_); }
  const char* begin() const { return begin_; }

 private:
  char* begin_;
  char* out_;
};

// Room for a head of at most `bytes`: in the buffer, or (too large for one block) in the arena.
char* TakeRoom(size_t bytes, base::Arena& arena, base::Buffer& output) {
  return bytes <= base::Buffer::kBlockBytes ? output.Reserve(bytes) : arena.AllocateBytes(bytes);
}

void GiveRoom(const HeadCursor& cursor, size_t reserved_bytes, base::Buffer& output) {
  if (reserved_bytes <= base::Buffer::kBlockBytes) {
    output.Commit(cursor.size());
  } else {
    output.Append({cursor.begin(), cursor.size()});
  }
}

size_t FieldsBound(const HeaderMap& headers) {
  size_t bytes = 0;
  for (const Header& field : headers) {
    bytes += field.name.size() + field.value.size() + kFieldExtraBytes;
  }
  return bytes;
}

void PutFraming(const BodyFraming& framing, HeadCursor& cursor) {
  if (framing.kind == BodyFraming::Kind::kChunked) {
    cursor.Put("transfer-encoding: chunked\r\n");
  } else if (framing.length >= 0) {
    cursor.Put("content-length: ");
    cursor.PutNumber(framing.length);
    cursor.Put("\r\n");
  }
}

// The one Cookie field that RFC 9113 §8.2.3 asks for when its crumbs leave HTTP/2.
void PutCookies(const HeaderMap& headers, HeadCursor& cursor) {
  bool has_begun = false;
  for (const Header& field : headers) {
    if (field.id != HeaderId::kCookie || !IsFieldValue(field.value)) continue;
    cursor.Put(has_begun ? "; " : "cookie: ");
    cursor.Put(field.value);
    has_begun = true;
  }
  if (has_begun) cursor.Put("\r\n");
}

void PutRequestFields(const HeaderMap& headers, HeadCursor& cursor) {
  bool wrote_cookies = false;
  for (const Header& field : headers) {
    if (field.id == HeaderId::kCookie) {
      if (!wrote_cookies) PutCookies(headers, cursor);
      wrote_cookies = true;
    } else if (!Contains(kCodecFields, field.id)) {
      cursor.PutField(field);
    }
  }
}

// An HTTP/2 client sends no key, and may leave out the version (RFC 8441 §5).
void PutWebSocketKey(const HeaderMap& headers, std::string_view key, HeadCursor& cursor) {
  cursor.PutField(kWebSocketKey, key);
  if (headers.Find(kWebSocketVersion) == nullptr) cursor.PutField(kWebSocketVersion, "13");
}

}  // namespace

void WriteRequestHead(const RequestHead& head, const BodyFraming& framing, base::Buffer& output,
                      std::string_view websocket_key) {
  const std::string_view target = head.method == Method::kConnect ? head.authority : head.path;
  // Three times: every byte may have to be encoded.
  const size_t bound = kFixedBytes + head.method_name.size() + 3 * target.size() +
                       3 * head.authority.size() + head.upgrade.size() + websocket_key.size() +
                       FieldsBound(head.headers);
  HeadCursor cursor(TakeRoom(bound, head.headers.arena(), output));
  cursor.Put(head.method_name);
  cursor.Put(' ');
  cursor.PutTarget(target);
  cursor.Put(" HTTP/1.1\r\nhost: ");
  cursor.PutTarget(head.authority);
  cursor.Put("\r\n");
  PutRequestFields(head.headers, cursor);
  PutFraming(framing, cursor);
  if (head.expects_continue) cursor.Put("expect: 100-continue\r\n");
  if (!head.upgrade.empty()) {
    cursor.Put("connection: upgrade\r\n");
    cursor.PutField("upgrade", head.upgrade);
    if (!websocket_key.empty()) PutWebSocketKey(head.headers, websocket_key, cursor);
  } else if (head.headers.Has(HeaderId::kTe)) {
    cursor.Put("connection: te\r\n");
  }
  cursor.Put("\r\n");
  GiveRoom(cursor, bound, output);
}

void WriteResponseHead(const ResponseHead& head, Version version, const BodyFraming& framing,
                       ConnectionField connection, const UpgradeFields& upgrade,
                       base::Buffer& output) {
  const std::string_view reason = ReasonPhrase(head.status);
  const size_t bound = kFixedBytes + reason.size() + upgrade.protocol.size() +
                       upgrade.websocket_accept.size() + FieldsBound(head.headers);
  HeadCursor cursor(TakeRoom(bound, head.headers.arena(), output));
  cursor.Put(version == Version::kHttp10 ? "HTTP/1.0 " : "HTTP/1.1 ");
  cursor.PutNumber(head.status);
  cursor.Put(' ');
  cursor.Put(reason);
  cursor.Put("\r\n");
  for (const Header& field : head.headers) {
    if (!Contains(kCodecFields, field.id)) cursor.PutField(field);
  }
  PutFraming(framing, cursor);
  switch (connection) {
    case ConnectionField::kNone:
      break;
    case ConnectionField::kClose:
      cursor.Put("connection: close\r\n");
      if (!upgrade.protocol.empty()) cursor.PutField("upgrade", upgrade.protocol);
      break;
    case ConnectionField::kKeepAlive:
      cursor.Put("connection: keep-alive\r\n");
      break;
    case ConnectionField::kUpgrade:
      cursor.Put("connection: upgrade\r\n");
      cursor.PutField("upgrade", upgrade.protocol);
      if (!upgrade.websocket_accept.empty()) {
        cursor.PutField(kWebSocketAccept, upgrade.websocket_accept);
      }
      break;
  }
  cursor.Put("\r\n");
  GiveRoom(cursor, bound, output);
}

void WriteErrorReply(int status, std::string_view body, base::Buffer& output) {
  base::Arena arena;
  ResponseHead head(arena);
  head.status = status;
  if (!body.empty()) head.headers.Add(HeaderId::kContentType, "text/plain");
  const BodyFraming framing{BodyFraming::Kind::kLength, static_cast<int64_t>(body.size()), {}};
  // RFC 9110 §15.5.22: a 426 names what to upgrade to.
  UpgradeFields upgrade;
  if (status == 426) upgrade.protocol = VersionName(Version::kHttp11);
  WriteResponseHead(head, Version::kHttp11, framing, ConnectionField::kClose, upgrade, output);
  output.Append(body);
}

}  // namespace weir::http
