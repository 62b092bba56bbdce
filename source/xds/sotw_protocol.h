// State of the world: a request names all that is wanted; a response of a complete set holds all
// there is. See type_protocol.h.
//
//   first request   names, last accepted version, no nonce
//   ACK             the response's version, its nonce
//   NACK            the last accepted version, the response's nonce, error_detail
//
// A change of what is wanted carries the latest nonce, hence answers that response, too.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "envoy/service/discovery/v3/discovery.pb.h"
#include "source/base/random.h"
#include "source/xds/type_protocol.h"

namespace weir::xds {

class SotwProtocol final : public TypeProtocol {
 public:
  SotwProtocol(ResourceType type, base::Random& random);

  std::string TakeRequest(int64_t now_ms, const Node* node) override;
  std::optional<std::string> Farewell(const Node* node) const override;
  std::string ProbeRequest(const Node* node) const override;

 private:
  void NoteWanted(std::string_view name) override;
  void NoteForgotten(std::string_view name) override;
  bool HasChanges() const override { return is_changed_; }
  void Read(const Response& response, Batch batch, Intake& intake) override;
  void Reset() override;

  // The field resource_names, serialised.
  std::string NamesField();

  // Of the current stream.
  bool sent_names_ = false;  // from then on, no names means nothing, not everything
  bool is_changed_ = false;  // what is wanted, since the last request
  // Let go of since the last request, and of those, wanted anew: a server that saw no change would
  // not send them again, so a request without them comes first.
  std::set<std::string, std::less<>> dropped_, again_;
  std::string nonce_;  // of the latest response
  std::string names_;  // see NamesField(), as in the last request
};

}  // namespace weir::xds
