// Tested by test/xds/sotw_protocol_test.cc and test/xds/delta_protocol_test.cc

#include "source/xds/type_protocol.h"

#include <utility>

#include "source/xds/delta_protocol.h"
#include "source/xds/nack_detail.h"
#include "source/xds/sotw_protocol.h"

namespace weir::xds {

std::unique_ptr<TypeProtocol> TypeProtocol::Create(Protocol protocol, ResourceType type,
                                                   base::Random& random) {
  if (protocol == Protocol::kDelta) {
    return std::make_unique<DeltaProtocol>(std::move(type), random);
  }
  return std::make_unique<SotwProtocol>(std::move(type), random);
}

TypeProtocol::TypeProtocol(ResourceType type, base::Random& random)
    : table_(std::move(type)), answers_(random) {}

bool TypeProtocol::WantAll() {
  if (!table_.WantAll()) return false;
  NoteWanted("*");
  return true;
}

bool TypeProtocol::Want(std::string_view name, int64_t fetch_timeout_ms) {
  if (!table_.Want(name, fetch_timeout_ms)) return false;
  NoteWanted(name);
  return true;
}

bool TypeProtocol::Forget(std::string_view name) {
  if (!table_.Forget(name)) return false;
  NoteForgotten(name);
  return true;
}

void TypeProtocol::OnConnect(uint32_t server, bool is_type_known) {
  server_ = server;
  is_type_known_ = is_type_known;
}

void TypeProtocol::OnDisconnect() {
  is_asked_ = is_receiving_ = is_type_known_ = false;
  answers_.Clear();
  table_.ForgetAsked();
  Reset();
}

bool TypeProtocol::IsRequestDue(int64_t now_ms) const {
  if (!is_asked_) return table_.wants_anything();
  return HasChanges() || answers_.IsDue(now_ms);
}

Intake TypeProtocol::Receive(const Response& response, int64_t now_ms) {
  is_receiving_ = true;
  Intake intake;
  Batch batch;
  batch.version = response.version();
  batch.server = intake.server = server_;
  batch.now_ms = now_ms;
  Read(response, std::move(batch), intake);
  return intake;
}

bool TypeProtocol::Answer(const Response& response, const Intake& intake, int64_t now_ms) {
  was_answered_ = true;
  const bool accepted = intake.refusals.empty();
  if (accepted) {
    version_ = response.version().substr(0, kMaxVersionBytes);
    version_server_ = intake.server;
  }
  // The stream may have ended while the sink was at work, and a nonce is good on its stream only.
  if (!std::exchange(is_receiving_, false)) return accepted;
  answers_.Add({response.nonce(), VersionFor(server_),
                accepted ? std::string() : NackDetail(intake.refusals)},
               now_ms);
  return accepted;
}

const std::string& TypeProtocol::VersionFor(uint32_t server) const {
  static const std::string* const kNone = new std::string();
  return version_server_ == server ? version_ : *kNone;
}

}  // namespace weir::xds
