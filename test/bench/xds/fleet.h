// The configuration that the xDS benchmark serves: clusters "c0", "c1", … over EDS, one listener
// and a route table with a virtual host "c0.test", … for each; and the edits that are measured.
//
// Every endpoint is an address of its own in 127.0.0.0/8 at the backend's port; the backend answers
// with the address it was asked at, so an answer tells which endpoint served it. The edits are made
// to *probed* clusters (at most 100, spread over all): they have their first endpoint at priority 0
// and the others behind it, so that one request tells whether an edit has taken effect.
// Not thread-safe: the control plane's loop owns it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace google::protobuf {
class Message;
}

namespace weir::bench {

enum class Kind : uint8_t { kClusters, kEndpoints, kListeners, kRoutes };
inline constexpr size_t kKinds = 4;

std::string_view TypeUrl(Kind kind);
std::optional<Kind> KindOf(std::string_view type_url);
// A response holds all there are.
inline bool IsCompleteSet(Kind kind) { return kind == Kind::kClusters || kind == Kind::kListeners; }

struct Item {
  uint64_t version = 0;
  std::string body;  // a serialised google.protobuf.Any
};

// What an edit touched of one kind.
struct Push {
  Kind kind;
  std::vector<std::string> names;
  std::vector<std::string> removed;
};

// What became different, and the answer that shows it.
struct Edit {
  std::vector<Push> pushes;
  std::string host;
  std::string answer;
};

struct FleetPlan {
  int clusters = 10;
  int endpoints = 10;
  int routes = -1;  // virtual hosts, of the last clusters; -1: one for each
  uint16_t backend_port = 0;
  uint16_t listener_port = 0;
};

class Fleet {
 public:
  using Items = std::map<std::string, Item, std::less<>>;

  explicit Fleet(const FleetPlan& plan);

  const FleetPlan& plan() const { return plan_; }
  const Items& Of(Kind kind) const { return items_[static_cast<size_t>(kind)]; }
  // Grows with every edit.
  uint64_t version() const { return version_; }

  static std::string HostOf(int cluster) { return "c" + std::to_string(cluster) + ".test"; }
  std::vector<int> Probed() const;

  // Another address for the first endpoint of a probed cluster.
  Edit MoveEndpoint(int cluster);
  // The cluster is defined anew and takes its endpoints from another EDS resource.
  Edit ReplaceCluster(int cluster);
  // The route of a host leads to a new cluster and the old one is gone. Touches all four kinds.
  Edit RenameCluster(int cluster);
  // A listener beside the serving one changes; or the serving one, in what concerns no request.
  Edit TouchListener(bool is_serving_one);

 private:
  // What is defined of the cluster that a host's route leads to.
  struct Member {
    std::string name;
    std::string eds_name;
    std::string former_eds_name = {};  // still answered for, until the next replacement
    uint32_t address_generation = 0;
    uint32_t definition_generation = 0;
  };

  Edit EditOf(int cluster) const;
  bool IsProbed(int cluster) const { return cluster % probe_stride_ == 0; }
  uint32_t AddressOf(int cluster, int endpoint, uint32_t generation) const;

  void Put(Kind kind, const std::string& name, const google::protobuf::Message& message);
  void PutCluster(int cluster);
  void PutEndpoints(int cluster);
  void PutRoutes();
  void PutListener(const std::string& name, uint16_t port, uint32_t generation);
  void ForgetEndpoints(std::string& eds_name, Push& push);

  const FleetPlan plan_;
  const int probe_stride_;
  uint64_t version_ = 0;
  uint32_t listener_generation_ = 0;
  std::vector<Member> members_;
  std::array<Items, kKinds> items_;
};

// "127.1.0.5"
std::string Ipv4Text(uint32_t address);

}  // namespace weir::bench
