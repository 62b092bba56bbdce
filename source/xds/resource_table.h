// What is known of the resources of one type: which are wanted, which are live with what content,
// which were refused and why. Sorts a response into what is new, what is gone and what is wrong.
//
// Content is remembered as a 64-bit hash, so that an identical resource costs its sink nothing,
// whether it was taken or refused; bodies are not kept. Pure: no thread, no clock.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "source/xds/subscription.h"

namespace weir::xds {

// What one response means. Views and pointers are into the response and `unwrapped`.
struct Intake {
  std::vector<Resource> changed;
  std::vector<std::string> removed;
  // Found without asking the sink, or remembered from when it was asked.
  std::vector<Refusal> refusals;
  // Resources that came wrapped with a name and a version of their own.
  std::deque<envoy::service::discovery::v3::Resource> unwrapped;
};

class ResourceTable {
 public:
  explicit ResourceTable(ResourceType type) : type_(std::move(type)) {}

  const ResourceType& type() const { return type_; }
  bool wants_all() const { return wants_all_; }
  bool wants_anything() const { return wants_all_ || wanted_count_ > 0; }

  // These say whether anything changed.
  bool WantAll();
  bool Want(std::string_view name, int64_t fetch_timeout_ms);
  bool Forget(std::string_view name);

  // Wanted names, sorted.
  void AppendNames(google::protobuf::RepeatedPtrField<std::string>& names) const;

  // Wanted names that were neither answered nor asked for yet, by their timeout; from now on they
  // count as asked for in request `ask` (≥ 1).
  std::map<int64_t, std::vector<std::string>> TakeUnasked(uint32_t ask);
  // The stream they were asked over is gone.
  void ForgetAsked();
  // Those of `names` that request `ask` asked for in vain; they are not waited for again.
  std::vector<std::string> GiveUp(const std::vector<std::string>& names, uint32_t ask);

  Intake Sort(const envoy::service::discovery::v3::DiscoveryResponse& response);
  // The sink's answer about some of Intake::changed.
  void Settle(absl::Span<const Resource> taken, absl::Span<const Refusal> refusals);

 private:
  struct Entry {
    uint64_t live_hash = 0;
    uint64_t refused_hash = 0;
    std::string refusal;  // empty: none
    int64_t fetch_timeout_ms = 0;
    uint32_t round = 0;      // the response it was in last
    uint32_t place = 0;      // and where among those found
    uint32_t asked_in = 0;   // the request it is awaited from; 0: none
    bool is_wanted = false;  // by name
    bool is_live = false;
    bool is_answered = false;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  struct Found {
    Entry* entry;
    Resource resource;
    bool is_duplicate = false;
  };

  // Reads one resource of a response. False when it cannot be told which it is.
  bool Find(const Resource& unnamed, size_t index, std::vector<Found>& found, Intake& intake);
  void SortOne(const Found& found, Intake& intake);
  void CollectRemoved(Intake& intake);

  const ResourceType type_;
  Entries entries_;
  bool wants_all_ = false;
  size_t wanted_count_ = 0;
  uint32_t round_ = 0;
};

}  // namespace weir::xds
