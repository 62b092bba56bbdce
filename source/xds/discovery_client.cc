#include "source/xds/discovery_client.h"

#include <algorithm>
#include <utility>

#include "source/base/check.h"
#include "source/base/log.h"
#include "source/base/strings.h"
#include "source/event/turn_budget.h"
#include "source/xds/client_node.h"
#include "source/xds/nack_detail.h"

namespace weir::xds {
namespace {

std::optional<TokenBucket> MakeBucket(const std::optional<TokenBucket::Options>& limit) {
  if (!limit.has_value()) return std::nullopt;
  return TokenBucket(*limit);
}

// A response, read on gRPC's thread; null: its bytes are none.
struct DecodedResponse final : rpc::Decoded {
  explicit DecodedResponse(std::unique_ptr<Response> read) : response(std::move(read)) {}
  std::unique_ptr<Response> response;
};

rpc::Decoder DecoderOf(Protocol protocol) {
  return [protocol](const std::string& bytes) {
    return std::make_unique<DecodedResponse>(Response::Parse(protocol, bytes));
  };
}

std::vector<ControlPlaneServer> OneServer(ControlPlaneDialer dialer) {
  std::vector<ControlPlaneServer> servers;
  servers.push_back({"the control plane", std::move(dialer), {}});
  return servers;
}

}  // namespace

DiscoveryClient::DiscoveryClient(event::Loop& loop, Options options, ControlPlaneDialer dialer,
                                 stats::Store& store, base::Random& random)
    : DiscoveryClient(loop, std::move(options), OneServer(std::move(dialer)), store, random) {}

DiscoveryClient::DiscoveryClient(event::Loop& loop, Options options,
                                 std::vector<ControlPlaneServer> servers, stats::Store& store,
                                 base::Random& random)
    : loop_(loop),
      protocol_(options.protocol),
      is_aggregated_(options.method.empty()),
      node_(ClientNode(std::move(options.node))),
      node_on_first_message_only_(options.node_on_first_message_only),
      store_(store),
      random_(random),
      stats_(store.AddGroup<ControlPlaneStats>(options.stats_prefix)),
      state_(&loop),
      pauses_(std::make_shared<PauseCounts>()),
      tokens_(MakeBucket(options.rate_limit)),
      token_timer_(loop, [this] { loop_.AtTurnEnd(*this); }),
      self_(std::make_shared<DiscoveryClient*>(this)),
      stream_(loop,
              {.method = is_aggregated_ ? AggregatedMethod(protocol_) : std::move(options.method),
               .reconnect = options.reconnect,
               .decoder = DecoderOf(protocol_)},
              std::move(servers), random, *this) {
  pauses_->on_resume = [this] { loop_.AtTurnEnd(*this); };
  PublishState();
}

DiscoveryClient::~DiscoveryClient() {
  pauses_->on_resume = nullptr;
  WEIR_CHECK(subscriptions_.empty());
}

std::unique_ptr<Subscription> DiscoveryClient::Subscribe(ResourceType type,
                                                         const SubscriptionOptions& options,
                                                         ResourceSink& sink) {
  WEIR_CHECK(Find(type.type_url) == nullptr);
  WEIR_CHECK(is_aggregated_ || subscriptions_.empty());
  DiscoveryLink& link = *this;
  auto protocol = TypeProtocol::Create(protocol_, std::move(type), random_);
  if (stream_.is_open()) {
    protocol->OnConnect(ServerNumber(), left_.contains(protocol->type().type_url));
  }
  auto subscription = std::make_unique<DiscoverySubscription>(loop_, link, std::move(protocol),
                                                              options, sink, store_);
  subscriptions_.push_back(subscription.get());
  OnRequestDue(*subscription);
  return subscription;
}

RequestPause DiscoveryClient::PauseRequests(const std::string& type_url) {
  ++pauses_->of_type[type_url];
  return RequestPause(pauses_.get(), [pauses = pauses_, type_url](void*) {
    if (--pauses->of_type[type_url] == 0 && pauses->on_resume) pauses->on_resume();
  });
}

void DiscoveryClient::OnStreamOpen() {
  WEIR_LOG(kInfo, "xds", "connected to ", stream_.server_name());
  has_sent_ = false;
  left_.clear();
  for (DiscoverySubscription* subscription : subscriptions_) {
    subscription->protocol().OnConnect(ServerNumber(), false);
  }
  NoteServer();
  last_error_.clear();
  stats_->Here().connected_state.Set(1);
  if (delivering_ != nullptr) stream_.PauseReading();
  is_state_stale_ = true;
  loop_.AtTurnEnd(*this);
}

void DiscoveryClient::OnStreamEnd(const absl::Status& status) {
  last_error_ = absl::StrCat(absl::StatusCodeToString(status.code()), ": ",
                             Printable(base::ToStd(status.message()), 512));
  WEIR_LOG(kWarning, "xds", "the stream to ", stream_.server_name(), " ended: ", last_error_);
  stats_->Here().connected_state.Set(0);
  stats_->Here().pending_requests.Set(0);
  token_timer_.Cancel();
  inbox_.clear();
  for (DiscoverySubscription* subscription : subscriptions_) subscription->OnDisconnect();
  is_state_stale_ = true;
  loop_.AtTurnEnd(*this);
}

uint32_t DiscoveryClient::ServerNumber() const { return static_cast<uint32_t>(stream_.server()); }

void DiscoveryClient::NoteServer() {
  ControlPlaneStats& stats = stats_->Here();
  stats.active_server.Set(static_cast<int64_t>(stream_.server()));
  if (last_server_.has_value() && *last_server_ != stream_.server()) stats.server_changes.Add();
  last_server_ = stream_.server();
}

std::string DiscoveryClient::ProbeRequest() {
  for (const DiscoverySubscription* subscription : subscriptions_) {
    const TypeProtocol& protocol = subscription->protocol();
    if (protocol.wants_anything()) return protocol.ProbeRequest(&node_);
  }
  return {};
}

void DiscoveryClient::OnStreamDecoded(std::unique_ptr<rpc::Decoded> message) {
  OnResponse(std::move(static_cast<DecodedResponse&>(*message).response));
}

void DiscoveryClient::OnResponse(std::unique_ptr<Response> response) {
  if (delivering_ != nullptr) {
    inbox_.push_back(std::move(response));
  } else if (response == nullptr) {
    stream_.Disconnect(absl::InternalError("a message of the control plane is unreadable"));
  } else {
    Deliver(std::move(response));
  }
}

void DiscoveryClient::Deliver(std::unique_ptr<Response> response) {
  const std::string* identifier = response->control_plane();
  if (identifier != nullptr && *identifier != identifier_) {
    identifier_ = *identifier;
    is_state_stale_ = true;
  }
  DiscoverySubscription* subscription = Recipient(*response);
  if (subscription == nullptr || !subscription->protocol().is_asked()) {
    WEIR_LOG(kDebug, "xds", "ignoring a response of type ", Printable(response->type_url(), 256),
             ", which was not asked for");
    return;
  }
  delivering_ = subscription;
  for (const std::string& child : subscription->type().children) {
    children_.push_back(PauseRequests(child));
  }
  const event::TurnBudget budget(loop_);
  subscription->Receive(std::move(response));
  if (budget.is_spent()) return AwaitNextTurn();
  ContinueDelivery();
}

void DiscoveryClient::ContinueDelivery() {
  if (delivering_ == nullptr) return;  // its subscription is gone
  if (delivering_->DeliverSlice()) return EndDelivery();
  AwaitNextTurn();
}

void DiscoveryClient::AwaitNextTurn() {
  stream_.PauseReading();
  loop_.Post([self = std::weak_ptr<DiscoveryClient*>(self_)] {
    if (auto alive = self.lock()) (*alive)->ContinueDelivery();
  });
}

void DiscoveryClient::EndDelivery() {
  delivering_ = nullptr;
  children_.clear();
  is_state_stale_ = true;
  stream_.ResumeReading();
  if (inbox_.empty()) return;
  std::unique_ptr<Response> next = std::move(inbox_.front());
  inbox_.pop_front();
  OnResponse(std::move(next));
}

void DiscoveryClient::OnRequestDue(DiscoverySubscription& /*subscription*/) {
  loop_.AtTurnEnd(*this);
}

void DiscoveryClient::OnSubscriptionGone(DiscoverySubscription& subscription) {
  subscriptions_.erase(std::find(subscriptions_.begin(), subscriptions_.end(), &subscription));
  if (stream_.is_open()) {
    if (subscription.protocol().is_asked()) left_.insert(subscription.type().type_url);
    if (auto farewell = subscription.protocol().Farewell(NodeToSend())) {
      stream_.Send(*std::move(farewell));
    }
  }
  if (delivering_ == &subscription) EndDelivery();
  is_state_stale_ = true;
  loop_.AtTurnEnd(*this);
}

void DiscoveryClient::OnTurnEnd() {
  if (stream_.is_open()) FlushRequests();
  if (is_state_stale_) PublishState();
}

void DiscoveryClient::FlushRequests() {
  for (DiscoverySubscription* subscription : subscriptions_) {
    if (!IsPaused(*subscription) && !FlushType(*subscription)) return WaitForToken();
  }
  stats_->Here().pending_requests.Set(0);
}

// False when requests are due that have to wait for the rate limit.
bool DiscoveryClient::FlushType(DiscoverySubscription& subscription) {
  while (subscription.IsRequestDue()) {
    if (tokens_.has_value() && !tokens_->Take(loop_.now_ms())) return false;
    stream_.Send(subscription.TakeRequest(NodeToSend()));
    has_sent_ = true;
  }
  return true;
}

void DiscoveryClient::WaitForToken() {
  auto is_due = [this](DiscoverySubscription* subscription) {
    return !IsPaused(*subscription) && subscription->IsRequestDue();
  };
  stats_->Here().rate_limit_enforced.Add();
  stats_->Here().pending_requests.Set(
      std::count_if(subscriptions_.begin(), subscriptions_.end(), is_due));
  token_timer_.Arm(tokens_->WaitMs());
}

const envoy::config::core::v3::Node* DiscoveryClient::NodeToSend() const {
  return has_sent_ && node_on_first_message_only_ ? nullptr : &node_;
}

DiscoverySubscription* DiscoveryClient::Find(const std::string& type_url) const {
  for (DiscoverySubscription* subscription : subscriptions_) {
    if (subscription->type().type_url == type_url) return subscription;
  }
  return nullptr;
}

DiscoverySubscription* DiscoveryClient::Recipient(const Response& response) const {
  // On a stream of its own a type need not be named.
  const bool is_implied = !is_aggregated_ && response.type_url().empty();
  if (is_implied) return subscriptions_.empty() ? nullptr : subscriptions_.front();
  return Find(response.type_url());
}

bool DiscoveryClient::IsPaused(const DiscoverySubscription& subscription) const {
  auto found = pauses_->of_type.find(subscription.type().type_url);
  return found != pauses_->of_type.end() && found->second > 0;
}

void DiscoveryClient::PublishState() {
  is_state_stale_ = false;
  auto state = std::make_unique<SourceState>();
  state->is_connected = stream_.is_open();
  state->server = stream_.server_name();
  state->control_plane_identifier = Printable(identifier_, 512);
  state->last_error = last_error_;
  for (const DiscoverySubscription* subscription : subscriptions_) {
    state->types.push_back(subscription->state());
  }
  state_.Publish(std::move(state));
}

}  // namespace weir::xds
