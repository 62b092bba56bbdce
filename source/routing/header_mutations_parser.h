// …_headers_to_add and …_headers_to_remove → HeaderMutations. Main thread.
//
// Refused, because the codecs own them or because they decide where a request goes: pseudo
// headers, Host, and adding fields that frame a message or belong to one hop.
#pragma once

#include "envoy/config/core/v3/base.pb.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "source/routing/route_parser.h"

namespace weir::routing {

using HeaderValueOptions =
    google::protobuf::RepeatedPtrField<envoy::config::core::v3::HeaderValueOption>;
using HeaderNames = google::protobuf::RepeatedPtrField<std::string>;

HeaderMutations ParseHeaderMutations(const HeaderValueOptions& add, std::string_view add_field,
                                     const HeaderNames& remove, std::string_view remove_field,
                                     const ParseContext& context, config::Faults& faults);

// The two pairs of fields that tables, virtual hosts, routes and weighted clusters all have.
template <class Proto>
HeaderMutations ParseRequestMutations(const Proto& proto, const ParseContext& context,
                                      config::Faults& faults) {
  return ParseHeaderMutations(proto.request_headers_to_add(), "request_headers_to_add",
                              proto.request_headers_to_remove(), "request_headers_to_remove",
                              context, faults);
}
template <class Proto>
HeaderMutations ParseResponseMutations(const Proto& proto, const ParseContext& context,
                                       config::Faults& faults) {
  return ParseHeaderMutations(proto.response_headers_to_add(), "response_headers_to_add",
                              proto.response_headers_to_remove(), "response_headers_to_remove",
                              context, faults);
}

}  // namespace weir::routing
