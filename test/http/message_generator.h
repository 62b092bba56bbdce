// Random HTTP/1 messages for properties: mostly valid, sometimes with a flaw, and ways to split
// bytes.
#pragma once

#include <rapidcheck.h>

#include <string>
#include <vector>

namespace weir::http {

inline std::string GenerateFields() {
  const std::vector<std::string> fields = {"Accept: a, b\r\n",      "x-empty:\r\n",
                                           "X-A:  spaced \t\r\n",   "Cookie: a=b\r\n",
                                           "Connection: close\r\n", "Connection: X-A\r\n",
                                           "TE: trailers\r\n",      "Keep-Alive: 5\r\n",
                                           "X-Obs: \x80\xff\r\n",   "Expect: 100-continue\r\n",
                                           "Via: 1.1 x\r\n",        "Upgrade: h2c\r\n",
                                           "bad name: x\r\n",       "x_y: z\r\n",
                                           "X: a\rb\r\n",           " folded: x\r\n",
                                           "Set-Cookie: c\r\n"};
  std::string text;
  const int count = *rc::gen::inRange(0, 6);
  for (int i = 0; i < count; ++i) {
    // The flaws stand last and come seldom.
    const int limit = *rc::gen::inRange(0, 10) == 0 ? static_cast<int>(fields.size()) : 12;
    text += fields[static_cast<size_t>(*rc::gen::inRange(0, limit))];
  }
  return text;
}

inline std::string GenerateChunks() {
  std::string text;
  const int count = *rc::gen::inRange(0, 4);
  for (int i = 0; i < count; ++i) {
    text += *rc::gen::elementOf(std::vector<std::string>{
        "1\r\na\r\n", "5;x=y\r\nhello\r\n", "0a\r\n0123456789\r\n", "2;q=\"\\\"\"\r\n\r\n\r\n"});
  }
  return text + *rc::gen::elementOf(std::vector<std::string>{
                    "0\r\n\r\n", "0\r\n\r\n", "00;a\r\nX-T: 1\r\n\r\n", "0\n\r\n", "zz\r\n", ""});
}

// Framing fields and the body that belongs to them.
inline std::string GenerateBodyAndEndOfHead() {
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
      return "Content-Length: 5\r\n\r\nhello";
    case 1:
      return "Transfer-Encoding: chunked\r\n\r\n" + GenerateChunks();
    case 2:
      return "Content-Length: 0\r\n\r\n";
    default:
      return "\r\n";
  }
}

inline std::string GenerateRequest() {
  const std::string line = *rc::gen::elementOf(std::vector<std::string>{
      "GET / HTTP/1.1\r\n", "POST /a?b HTTP/1.1\r\n", "HEAD /c HTTP/1.1\r\n",
      "GET http://a/ HTTP/1.1\r\n", "OPTIONS * HTTP/1.1\r\n", "\r\nGET / HTTP/1.1\r\n",
      "PUT /x HTTP/1.1\r\n", "GET / HTTP/1.0\r\n"});
  return line + "Host: a\r\n" + GenerateFields() + GenerateBodyAndEndOfHead();
}

inline std::string GenerateResponse() {
  std::string text;
  if (*rc::gen::inRange(0, 4) == 0) text += "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
  text += *rc::gen::elementOf(std::vector<std::string>{
      "HTTP/1.1 200 OK\r\n", "HTTP/1.1 204 No Content\r\n", "HTTP/1.1 304 Not Modified\r\n",
      "HTTP/1.0 200 OK\r\n", "HTTP/1.1 404\r\n", "HTTP/1.1 503 x\r\n"});
  return text + GenerateFields() + GenerateBodyAndEndOfHead();
}

// `text` in random pieces, none empty.
inline std::vector<std::string> GenerateSplit(const std::string& text) {
  std::vector<std::string> pieces;
  for (size_t at = 0; at < text.size();) {
    const auto size =
        static_cast<size_t>(*rc::gen::oneOf(rc::gen::inRange(1, 4), rc::gen::inRange(1, 60)));
    pieces.push_back(text.substr(at, size));
    at += size;
  }
  return pieces;
}

}  // namespace weir::http
