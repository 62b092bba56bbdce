#include "source/http/message.h"

#include <array>

namespace weir::http {
namespace {

struct Phrases {
  std::array<std::string_view, 600> of_status{};
};

constexpr Phrases MakePhrases() {
  Phrases phrases;
  for (auto& phrase : phrases.of_status) phrase = "Unknown";
  auto& p = phrases.of_status;
  p[100] = "Continue";
  p[101] = "Switching Protocols";
  p[102] = "Processing";
  p[103] = "Early Hints";
  p[200] = "OK";
  p[201] = "Created";
  p[202] = "Accepted";
  p[203] = "Non-Authoritative Information";
  p[204] = "No Content";
  p[205] = "Reset Content";
  p[206] = "Partial Content";
  p[207] = "Multi-Status";
  p[208] = "Already Reported";
  p[226] = "IM Used";
  p[300] = "Multiple Choices";
  p[301] = "Moved Permanently";
  p[302] = "Found";
  p[303] = "See Other";
  p[304] = "Not Modified";
  p[305] = "Use Proxy";
  p[307] = "Temporary Redirect";
  p[308] = "Permanent Redirect";
  p[400] = "Bad Request";
  p[401] = "Unauthorized";
  p[402] = "Payment Required";
  p[403] = "Forbidden";
  p[404] = "Not Found";
  p[405] = "Method Not Allowed";
  p[406] = "Not Acceptable";
  p[407] = "Proxy Authentication Required";
  p[408] = "Request Timeout";
  p[409] = "Conflict";
  p[410] = "Gone";
  p[411] = "Length Required";
  p[412] = "Precondition Failed";
  p[413] = "Payload Too Large";
  p[414] = "URI Too Long";
  p[415] = "Unsupported Media Type";
  p[416] = "Range Not Satisfiable";
  p[417] = "Expectation Failed";
  p[421] = "Misdirected Request";
  p[422] = "Unprocessable Entity";
  p[423] = "Locked";
  p[424] = "Failed Dependency";
  p[425] = "Too Early";
  p[426] = "Upgrade Required";
  p[428] = "Precondition Required";
  p[429] = "Too Many Requests";
  p[431] = "Request Header Fields Too Large";
  p[451] = "Unavailable For Legal Reasons";
  p[500] = "Internal Server Error";
  p[501] = "Not Implemented";
  p[502] = "Bad Gateway";
  p[503] = "Service Unavailable";
  p[504] = "Gateway Timeout";
  p[505] = "HTTP Version Not Supported";
  p[506] = "Variant Also Negotiates";
  p[507] = "Insufficient Storage";
  p[508] = "Loop Detected";
  p[510] = "Not Extended";
  p[511] = "Network Authentication Required";
  return phrases;
}

constexpr Phrases kPhrases = MakePhrases();

}  // namespace

std::string_view VersionName(Version version) {
  switch (version) {
    case Version::kHttp10:
      return "HTTP/1.0";
    case Version::kHttp11:
      return "HTTP/1.1";
    case Version::kHttp2:
      return "HTTP/2";
  }
  return "";
}

std::string_view ReasonPhrase(int status) {
  if (status < 0 || status >= static_cast<int>(kPhrases.of_status.size())) return "Unknown";
  return kPhrases.of_status[static_cast<size_t>(status)];
}

Method ParseMethod(std::string_view name) {
  switch (name.size()) {
    case 3:
      if (name == "GET") return Method::kGet;
      if (name == "PUT") return Method::kPut;
      break;
    case 4:
      if (name == "POST") return Method::kPost;
      if (name == "HEAD") return Method::kHead;
      break;
    case 5:
      if (name == "PATCH") return Method::kPatch;
      if (name == "TRACE") return Method::kTrace;
      break;
    case 6:
      if (name == "DELETE") return Method::kDelete;
      break;
    case 7:
      if (name == "OPTIONS") return Method::kOptions;
      if (name == "CONNECT") return Method::kConnect;
      break;
    default:
      break;
  }
  return Method::kOther;
}

bool IsSafe(Method method) {
  return method == Method::kGet || method == Method::kHead || method == Method::kOptions ||
         method == Method::kTrace;
}

bool IsIdempotent(Method method) {
  return IsSafe(method) || method == Method::kPut || method == Method::kDelete;
}

}  // namespace weir::http
