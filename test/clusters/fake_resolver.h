// A resolver that answers when and what the test says.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/strings.h"
#include "source/net/dns.h"

namespace weir::clusters {

class FakeResolver final : public net::DnsResolver {
 public:
  std::unique_ptr<Query> Resolve(std::string_view name, net::DnsFamily family,
                                 OnAnswer on_answer) override {
    ++asked_count;
    last_family = family;
    auto query = std::make_unique<FakeQuery>(*this, name, std::move(on_answer));
    waiting_.push_back(query.get());
    return query;
  }

  // Answers the oldest query for `name`; false when nobody asks.
  bool Answer(std::string_view name, const std::vector<std::string>& ips, int64_t ttl_s = 0) {
    net::DnsAnswer answer;
    for (const std::string& ip : ips) answer.addresses.push_back(*net::Address::ParseIp(ip, 0));
    answer.ttl_s = ttl_s;
    return Give(name, std::move(answer));
  }
  bool Fail(std::string_view name) { return Give(name, absl::UnavailableError("no answer")); }
  bool Deny(std::string_view name) { return Give(name, absl::NotFoundError("no such name")); }
  bool IsAsked(std::string_view name) const {
    for (const FakeQuery* query : waiting_) {
      if (query->name == name) return true;
    }
    return false;
  }

  int asked_count = 0;
  net::DnsFamily last_family = net::DnsFamily::kAll;

 private:
  struct FakeQuery final : Query {
    FakeQuery(FakeResolver& resolver, std::string_view name, OnAnswer on_answer)
        : resolver(resolver), name(name), on_answer(std::move(on_answer)) {}
    ~FakeQuery() override { std::erase(resolver.waiting_, this); }
    FakeResolver& resolver;
    const std::string name;
    OnAnswer on_answer;
  };

  bool Give(std::string_view name, absl::StatusOr<net::DnsAnswer> answer) {
    for (FakeQuery* query : waiting_) {
      if (query->name != name) continue;
      std::erase(waiting_, query);
      // The callback may end the query.
      OnAnswer on_answer = std::move(query->on_answer);
      on_answer(std::move(answer));
      return true;
    }
    return false;
  }

  std::vector<FakeQuery*> waiting_;
};

}  // namespace weir::clusters
