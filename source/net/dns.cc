// What a DnsFamily asks for, and what its answers mean together.
#include "source/net/dns.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "source/base/strings.h"
#include "source/net/dns_channel.h"

namespace weir::net {
namespace {

struct FamilyPlan {
  int first;
  int second;        // AF_UNSPEC: none
  bool is_fallback;  // the second is asked only when the first gave no address
};

FamilyPlan PlanOf(DnsFamily family) {
  switch (family) {
    case DnsFamily::kV4Only:
      return {AF_INET, AF_UNSPEC, false};
    case DnsFamily::kV6Only:
      return {AF_INET6, AF_UNSPEC, false};
    case DnsFamily::kV4Preferred:
      return {AF_INET, AF_INET6, true};
    case DnsFamily::kAll:
      return {AF_INET6, AF_INET, false};
    case DnsFamily::kAuto:
      break;
  }
  return {AF_INET6, AF_INET, true};
}

std::string_view FamilyName(int family) { return family == AF_INET ? "A" : "AAAA"; }

// One Resolve(). The caller owns it; questions that c-ares cannot take back hold its State only.
class AddressQuery final : public DnsResolver::Query, private event::TurnEndHook {
 public:
  AddressQuery(event::Loop& loop, std::weak_ptr<DnsChannel> channel, std::string_view name,
               DnsFamily family, DnsResolver::OnAnswer on_answer)
      : loop_(loop),
        channel_(std::move(channel)),
        name_(name),
        plan_(PlanOf(family)),
        on_answer_(std::move(on_answer)),
        alive_(std::make_shared<AddressQuery*>(this)) {}
  ~AddressQuery() override { *alive_ = nullptr; }

  void Start() {
    const absl::StatusOr<Address> literal = Address::ParseIp(name_, 0);
    if (literal.ok()) {
      answer_.addresses.push_back(*literal);
      return loop_.AtTurnEnd(*this);
    }
    // c-ares takes a C string, and would ask for what stands before the NUL.
    if (name_.empty() || name_.find('\0') != std::string::npos) {
      return loop_.AtTurnEnd(*this);
    }
    next_family_ = plan_.is_fallback ? plan_.second : AF_UNSPEC;
    const int families[] = {plan_.first, plan_.is_fallback ? AF_UNSPEC : plan_.second};
    pending_count_ = std::count_if(std::begin(families), std::end(families), IsFamily);
    std::for_each(std::begin(families), std::end(families), [this](int f) { Ask(f); });
  }

 private:
  static bool IsFamily(int family) { return family != AF_UNSPEC; }

  void Ask(int family) {
    const std::shared_ptr<DnsChannel> channel = channel_.lock();
    if (channel == nullptr || family == AF_UNSPEC) return;
    channel->Ask(name_, family, [alive = alive_, family](DnsReply reply) {
      if (*alive != nullptr) (*alive)->OnReply(family, std::move(reply));
    });
  }

  // From inside c-ares, so what follows from it waits for the end of the turn.
  void OnReply(int family, DnsReply reply) {
    if (reply.kind == DnsReply::Kind::kFound) {
      const bool is_first = answer_.addresses.empty();
      answer_.ttl_s = is_first ? reply.ttl_s : std::min(answer_.ttl_s, reply.ttl_s);
      // The planned order, whichever reply comes first.
      const auto place =
          family == plan_.first ? answer_.addresses.begin() : answer_.addresses.end();
      answer_.addresses.insert(place, reply.addresses.begin(), reply.addresses.end());
    } else if (reply.kind == DnsReply::Kind::kFailed) {
      failure_ = base::StrCat(FamilyName(family), ": ", reply.error);
    } else if (reply.kind == DnsReply::Kind::kNoAddresses) {
      name_exists_ = true;
    }
    if (--pending_count_ == 0) loop_.AtTurnEnd(*this);
  }

  void OnTurnEnd() override {
    if (channel_.expired()) return;  // the resolver ended: so did the question
    if (answer_.addresses.empty() && next_family_ != AF_UNSPEC) {
      pending_count_ = 1;
      return Ask(std::exchange(next_family_, AF_UNSPEC));
    }
    DnsResolver::OnAnswer on_answer = std::move(on_answer_);
    on_answer(Result());  // may destroy this
  }

  absl::StatusOr<DnsAnswer> Result() {
    if (!answer_.addresses.empty()) return std::move(answer_);
    if (!failure_.empty()) {
      return absl::UnavailableError(base::StrCat("cannot resolve '", name_, "': ", failure_));
    }
    if (name_exists_) return std::move(answer_);
    return absl::NotFoundError(base::StrCat("the name '", name_, "' does not exist"));
  }

  event::Loop& loop_;
  const std::weak_ptr<DnsChannel> channel_;
  const std::string name_;
  const FamilyPlan plan_;
  DnsResolver::OnAnswer on_answer_;
  const std::shared_ptr<AddressQuery*> alive_;
  int next_family_ = AF_UNSPEC;
  int64_t pending_count_ = 0;
  DnsAnswer answer_;
  std::string failure_;
  bool name_exists_ = false;
};

class CaresResolver final : public DnsResolver {
 public:
  CaresResolver(event::Loop& loop, std::unique_ptr<DnsChannel> channel)
      : loop_(loop), channel_(std::move(channel)) {}

  std::unique_ptr<Query> Resolve(std::string_view name, DnsFamily family,
                                 OnAnswer on_answer) override {
    auto query =
        std::make_unique<AddressQuery>(loop_, channel_, name, family, std::move(on_answer));
    query->Start();
    return query;
  }

 private:
  event::Loop& loop_;
  const std::shared_ptr<DnsChannel> channel_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<DnsResolver>> DnsResolver::Create(event::Loop& loop,
                                                                 const DnsOptions& options) {
  absl::StatusOr<std::unique_ptr<DnsChannel>> channel = DnsChannel::Create(loop, options);
  if (!channel.ok()) return channel.status();
  return std::make_unique<CaresResolver>(loop, *std::move(channel));
}

}  // namespace weir::net
