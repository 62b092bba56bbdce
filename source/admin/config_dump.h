// What /config_dump and CSDS show: every resource this process was given or asked for, the version
// that serves, and why there is no newer one, or none at all. The main thread writes, others read
// snapshots; nothing of the data path comes here.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "google/protobuf/any.pb.h"
#include "source/admin/resource_record.h"
#include "source/base/shared_text.h"
#include "source/config/faults.h"

namespace weir::admin {

class ConfigDump {
 public:
  // Accepted: takes the place of what there was of that kind and name, a failure included. Of
  // secrets and of the bootstrap no key is kept.
  void Set(ResourceKind kind, std::string_view name, base::SharedText version, bool is_static,
           const google::protobuf::Any& body, const config::Faults& faults);
  void Set(ResourceKind kind, std::string_view name, std::string_view version, bool is_static,
           const google::protobuf::Any& body, const config::Faults& faults) {
    Set(kind, name, base::SharedText(version), is_static, body, faults);
  }
  // What serves stays.
  void Refuse(ResourceKind kind, std::string_view name, std::string_view version,
              const google::protobuf::Any& body, std::string_view why);
  // Asked for by name. Changes nothing where some version serves.
  void Request(ResourceKind kind, std::string_view name);
  // Asked for, and there is none: kDoesNotExist, kReceivedError or kTimeout. What serves stays, for
  // who keeps it; Remove() comes first where it does not.
  void SetAbsent(ResourceKind kind, std::string_view name, ResourceStatus status,
                 std::string_view why = {});
  // Neither in use nor asked for any more.
  void Remove(ResourceKind kind, std::string_view name);

  using Records = std::vector<std::shared_ptr<const ResourceRecord>>;
  // By kind, then name. Any thread. Each record is whole, but the main thread may change others
  // meanwhile: it never waits for more than kSliceSize of them.
  Records Snapshot() const;

  static constexpr size_t kSliceSize = 256;

 private:
  using Record = std::shared_ptr<const ResourceRecord>;

  // Records are looked up by what they say themselves.
  using Key = std::pair<ResourceKind, std::string_view>;
  static Key KeyOf(const Record& record) { return {record->kind(), record->name()}; }
  static Key KeyOf(const Key& key) { return key; }
  struct IsBefore {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return KeyOf(a) < KeyOf(b);
    }
  };

  // A copy of what there is of that name, or a new one.
  std::shared_ptr<ResourceRecord> CopyLocked(const Key& key) const;
  // Takes the place of what there is of that name.
  void PutLocked(Record record);

  mutable std::mutex mutex_;
  absl::btree_set<Record, IsBefore> records_;
};

}  // namespace weir::admin
