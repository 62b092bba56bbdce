// A DNS server over UDP on loopback, in the test's own loop: answers each question as scripted and
// counts them. Writes the wire format itself (RFC 1035), so that the resolver's parser is tested
// against bytes and not against its own library.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/event/fd_event.h"
#include "source/event/loop.h"
#include "source/net/address.h"

namespace weir::net {

class ScriptedDnsServer final : private event::FdHandler {
 public:
  enum Type : uint16_t { kA = 1, kCname = 5, kAaaa = 28 };
  enum Code : uint8_t { kOk = 0, kServFail = 2, kNxDomain = 3, kRefused = 5 };

  struct Record {
    Type type;
    uint32_t ttl_s;
    std::string value;  // an IP literal, or a name
    std::string owner;  // of a record behind a CNAME; empty: the name asked for
  };
  struct Script {
    Code code = kOk;
    std::vector<Record> records = {};
    bool is_silent = false;
    int silent_count = 0;  // the first questions are not answered
  };

  explicit ScriptedDnsServer(event::Loop& loop)
      : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    const Address loopback = *Address::ParseIp("127.0.0.1", 0);
    if (bind(fd_, loopback.raw(), loopback.size()) != 0) std::abort();
    event_.emplace(loop, fd_, static_cast<event::FdHandler&>(*this));
    event_->EnableRead();
  }
  ~ScriptedDnsServer() {
    event_.reset();
    close(fd_);
  }

  Address address() const {
    sockaddr_storage raw;
    socklen_t size = sizeof(raw);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&raw), &size);
    return Address::FromSockaddr(reinterpret_cast<sockaddr*>(&raw), size);
  }
  // What is not scripted does not exist.
  void On(const std::string& name, Type type, Script script) {
    scripts_[{name, type}] = std::move(script);
  }
  // The answer to one question; empty for silence.
  std::string Answer(std::string_view packet);
  int questions(const std::string& name, Type type) { return counts_[{name, type}]; }

 private:
  void OnReadable() override {
    char packet[512];
    sockaddr_storage from;
    socklen_t size = sizeof(from);
    const ssize_t count =
        recvfrom(fd_, packet, sizeof(packet), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (count < 17) return;
    const std::string reply = Answer({packet, static_cast<size_t>(count)});
    if (reply.empty()) return;
    sendto(fd_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
  }
  void OnWritable() override {}

  static void PutRecord(std::string& out, const Record& record) {
    if (record.owner.empty()) {
      Put16(out, 0xc00c);  // a pointer to the question's name
    } else {
      PutName(out, record.owner);
    }
    Put16(out, record.type);
    Put16(out, 1);
    Put16(out, static_cast<uint16_t>(record.ttl_s >> 16));
    Put16(out, static_cast<uint16_t>(record.ttl_s));
    std::string value;
    if (record.type == kCname) {
      PutName(value, record.value);
    } else {
      char bytes[16];
      inet_pton(record.type == kA ? AF_INET : AF_INET6, record.value.c_str(), bytes);
      value.assign(bytes, record.type == kA ? 4 : 16);
    }
    Put16(out, static_cast<uint16_t>(value.size()));
    out += value;
  }
  static void PutName(std::string& out, std::string_view name) {
    while (!name.empty()) {
      const std::string_view label = name.substr(0, name.find('.'));
      out += static_cast<char>(label.size());
      out += label;
      name.remove_prefix(std::min(name.size(), label.size() + 1));
    }
    out += '\0';
  }
  static void Put16(std::string& out, uint16_t value) {
    out += static_cast<char>(value >> 8);
    out += static_cast<char>(value & 0xff);
  }

  const int fd_;
  std::optional<event::FdEvent> event_;
  std::map<std::pair<std::string, Type>, Script> scripts_;
  std::map<std::pair<std::string, Type>, int> counts_;
};

inline std::string ScriptedDnsServer::Answer(std::string_view packet) {
  std::string name;
  size_t at = 12;
  while (at < packet.size() && packet[at] != 0) {
    const auto length = static_cast<uint8_t>(packet[at]);
    if (!name.empty()) name += '.';
    name += packet.substr(at + 1, length);
    at += 1 + length;
  }
  const std::string_view question = packet.substr(12, at + 5 - 12);
  const auto type = static_cast<Type>(static_cast<uint8_t>(packet[at + 2]));
  const int count = ++counts_[{name, type}];
  const auto found = scripts_.find({name, type});
  const Script missing{.code = kNxDomain};
  const Script& script = found == scripts_.end() ? missing : found->second;
  if (script.is_silent || count <= script.silent_count) return "";
  std::string reply(packet.substr(0, 2));
  reply += '\x81';  // a response, recursion desired
  reply += static_cast<char>(0x80 | script.code);
  Put16(reply, 1);
  Put16(reply, static_cast<uint16_t>(script.records.size()));
  Put16(reply, 0);
  Put16(reply, 0);
  reply += question;
  for (const Record& record : script.records) PutRecord(reply, record);
  return reply;
}

}  // namespace weir::net
