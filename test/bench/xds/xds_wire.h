// The messages of an xDS stream as bytes, both variants: what a control plane reads of a request
// and writes into a response. By field number and without the generated classes: ten thousand names
// or resources cost no allocation each, and the yardstick does not change with Weir's protos.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::bench {

enum class Variant { kStateOfTheWorld, kDelta };

// One request. Views are into its bytes.
struct XdsRequest {
  std::string_view type_url;
  std::string_view nonce;               // of the response that it answers
  std::vector<std::string_view> names;  // all that are wanted; delta: those added
  std::vector<std::string_view> dropped;
  bool is_refusal = false;
  std::string_view refusal;
};

// False: not such a message.
bool ReadRequest(Variant variant, std::string_view bytes, XdsRequest& request);

// Appends to the bytes of one response.
class ResponseWriter {
 public:
  ResponseWriter(Variant variant, std::string_view type_url, uint64_t version, uint64_t nonce);

  // `body`: a serialised google.protobuf.Any.
  void Add(std::string_view name, uint64_t version, std::string_view body);
  // Delta only: the other variant leaves out what is gone.
  void AddRemoved(std::string_view name);
  std::string Take() { return std::move(bytes_); }

 private:
  const Variant variant_;
  std::string bytes_;
};

}  // namespace weir::bench
