// What is known of the resources of one type: which are wanted, which are live with what content,
// which were refused and why. Sorts a response into what is new, what is gone and what is wrong,
// whatever the protocol it came by.
//
// Content is remembered as a 64-bit hash, so that an identical resource costs its sink nothing,
// whether it was taken or refused; bodies are not kept. Pure: no thread, no clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "google/protobuf/duration.pb.h"
#include "source/base/shared_text.h"
#include "source/xds/expiry_queue.h"
#include "source/xds/resource_entry.h"
#include "source/xds/subscription.h"

namespace weir::xds {

// A version is kept, and sent back.
inline constexpr size_t kMaxVersionBytes = 4096;

// A resource as a response has it; views into the response.
struct Received {
  std::string_view name = {};     // as its wrapper says; empty: it is in the body only
  std::string_view version = {};  // its own; empty: that of the response
  const google::protobuf::Any* body = nullptr;  // null: a heartbeat of what is live
  const google::protobuf::RepeatedPtrField<std::string>* aliases = nullptr;
  const google::protobuf::Duration* ttl = nullptr;  // null: for ever
};

// A response in terms that the protocols share.
struct Batch {
  std::vector<Received> resources = {};
  std::vector<std::string_view> removed = {};
  std::string_view version = {};
  // Of a response that was accepted before; stands for that of what has none of its own.
  std::string_view live_version = {};
  // What is absent was deleted.
  bool is_complete_set = false;
  // Which server it is from: versions mean something to whoever gave them only.
  uint32_t server = 0;
  int64_t now_ms = 0;
};

// What one response means. Views and pointers are into the response and `unwrapped`.
struct Intake {
  // What is remembered of a resource once its sink has taken it.
  struct Terms {
    std::string_view version;       // its own
    std::optional<int64_t> ttl_ms;  // none: for ever
    bool is_forgotten = false;      // since its sink has it
  };
  std::vector<Resource> changed;
  std::vector<Terms> terms;  // in the same order
  std::vector<std::string> removed;
  // Found without asking the sink, or remembered from when it was asked.
  std::vector<Refusal> refusals;
  // Resources that came wrapped with a name and a version of their own.
  std::deque<envoy::service::discovery::v3::Resource> unwrapped;
  uint32_t server = 0;
  int64_t received_ms = 0;

  // Nobody wants `name` any more. The first `settled` of `changed` are done with; what the sink has
  // of the rest (up to `delivered`) is marked, what it has not is dropped.
  void Drop(std::string_view name, size_t settled, size_t delivered);
};

class ResourceTable {
 public:
  explicit ResourceTable(ResourceType type) : type_(std::move(type)) {}

  const ResourceType& type() const { return type_; }
  bool wants_all() const { return wants_all_; }
  bool wants_names() const { return wanted_count_ > 0; }
  bool wants_anything() const { return wants_all_ || wants_names(); }

  // These say whether anything changed.
  bool WantAll();
  bool Want(std::string_view name, int64_t fetch_timeout_ms);
  bool Forget(std::string_view name);

  // Wanted names, sorted.
  void AppendNames(google::protobuf::RepeatedPtrField<std::string>& names) const;
  // What is live, with the version that `server` gave it. What another gave and nobody asks for by
  // name comes without a version, so that `server` can say whether it exists.
  void AppendVersions(uint32_t server,
                      google::protobuf::Map<std::string, std::string>& versions) const;

  // Wanted names that were neither answered nor asked for yet, by their timeout; from now on they
  // count as asked for in request `ask` (≥ 1).
  std::map<int64_t, std::vector<std::string>> TakeUnasked(uint32_t ask);
  // The stream they were asked over is gone.
  void ForgetAsked();
  // Those of `names` that request `ask` asked for in vain; they are not waited for again.
  std::vector<std::string> GiveUp(const std::vector<std::string>& names, uint32_t ask);

  void Sort(const Batch& batch, Intake& intake);
  // The sink's answer about `count` of intake.changed, beginning at `first`.
  void Settle(const Intake& intake, size_t first, size_t count, absl::Span<const Refusal> refusals);

  // When the next resource expires, and the names of those that have: they are as good as removed.
  std::optional<int64_t> NextExpiryMs() const { return expiries_.NextMs(); }
  std::vector<std::string> TakeExpired(int64_t now_ms);

 private:
  // By name.
  struct IsBefore {
    using is_transparent = void;
    static std::string_view NameOf(const std::unique_ptr<ResourceEntry>& entry) {
      return entry->name();
    }
    static std::string_view NameOf(std::string_view name) { return name; }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return NameOf(a) < NameOf(b);
    }
  };
  using Entries = absl::btree_set<std::unique_ptr<ResourceEntry>, IsBefore>;

  // The newest of a resource, where it was refused.
  struct Refused {
    uint64_t hash = 0;
    std::string text;
  };

  struct Found {
    ResourceEntry* entry;
    std::string_view name;     // that of the entry, but in the response
    const Received* received;  // null: removed
    bool is_duplicate = false;
  };

  // Reads one resource of a response. False when it cannot be told which it is.
  bool Find(const Received& received, size_t index, std::vector<Found>& found, Intake& intake);
  ResourceEntry* Place(const Received& received, std::string_view& name);
  // Null when there is none of that name.
  ResourceEntry* FindEntry(std::string_view name) const;
  ResourceEntry& EntryOf(std::string_view name);
  void Note(const Found& one, std::vector<Found>& found);
  void SortOne(const Found& found, const Batch& batch, Intake& intake);
  // Whether it is about what is live.
  static bool IsHeartbeatOf(const ResourceEntry& entry, const Received& received,
                            const Batch& batch);
  // What is live already, once more; on other terms, perhaps.
  void Refresh(ResourceEntry& entry, const Batch& batch, const Intake::Terms& terms);
  void SetTtl(std::string_view name, std::optional<int64_t> ttl_ms, int64_t now_ms);
  void CollectRemoved(Intake& intake);
  // The server has it no longer; the next entry.
  Entries::iterator MarkRemoved(Entries::iterator entry, Intake& intake);
  Entries::iterator MarkGone(Entries::iterator entry);
  // Null unless the newest was refused.
  const Refused* RefusalOf(const ResourceEntry& entry) const;
  void ForgetRefusal(ResourceEntry& entry);

  const ResourceType type_;
  Entries entries_;
  absl::flat_hash_map<std::string, Refused> refused_;
  base::SharedText version_;  // read last: many have the same
  ExpiryQueue expiries_;
  bool wants_all_ = false;
  bool may_have_unasked_ = false;  // else nobody needs to look
  size_t wanted_count_ = 0;
  uint32_t round_ = 0;
};

}  // namespace weir::xds
