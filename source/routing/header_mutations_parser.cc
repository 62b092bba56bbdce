// Tested by test/routing/header_mutator_test.cc

#include "source/routing/header_mutations_parser.h"

#include "source/base/strings.h"
#include "source/routing/field_parser.h"
#include "source/routing/folded_text.h"

namespace weir::routing {

namespace {

using envoy::config::core::v3::HeaderValueOption;
using http::HeaderId;

bool IsRouted(const std::string& name) {
  return name.starts_with(':') || EqualFolded(name, "host");
}

// Fields that a codec writes itself (RFC 9112 §6, RFC 9110 §7.6.1).
constexpr uint64_t kFramingFields =
    http::HeaderBit(HeaderId::kConnection) | http::HeaderBit(HeaderId::kContentLength) |
    http::HeaderBit(HeaderId::kHttp2Settings) | http::HeaderBit(HeaderId::kKeepAlive) |
    http::HeaderBit(HeaderId::kProxyConnection) | http::HeaderBit(HeaderId::kTe) |
    http::HeaderBit(HeaderId::kTransferEncoding) | http::HeaderBit(HeaderId::kUpgrade);

AppendAction ParseAppendAction(const HeaderValueOption& proto, config::Faults& faults) {
  if (proto.has_append()) {
    if (proto.append_action() != HeaderValueOption::APPEND_IF_EXISTS_OR_ADD) {
      faults.Add("append_action", "cannot be given together with the older append");
    }
    return proto.append().value() ? AppendAction::kAppend : AppendAction::kOverwriteOrAdd;
  }
  switch (proto.append_action()) {
    case HeaderValueOption::ADD_IF_ABSENT:
      return AppendAction::kAddIfAbsent;
    case HeaderValueOption::OVERWRITE_IF_EXISTS_OR_ADD:
      return AppendAction::kOverwriteOrAdd;
    case HeaderValueOption::OVERWRITE_IF_EXISTS:
      return AppendAction::kOverwriteIfExists;
    default:
      return AppendAction::kAppend;
  }
}

void ParseName(const std::string& key, HeaderAddition& out, config::Faults& faults) {
  if (IsRouted(key)) {
    faults.Add("header.key", base::StrCat("'", key,
                                          "' cannot be changed here: it decides where "
                                          "the request goes; see host_rewrite_literal and "
                                          "prefix_rewrite"));
    return;
  }
  out.name = ParseHeaderName(key, "header.key", faults);
  out.id = http::FindHeaderId(out.name);
  if (out.id != HeaderId::kOther && (http::HeaderBit(out.id) & kFramingFields) != 0) {
    faults.Add("header.key", base::StrCat("'", out.name,
                                          "' cannot be set: it frames the message "
                                          "or belongs to one connection"));
  }
}

HeaderAddition ParseAddition(const HeaderValueOption& proto, const ParseContext& context,
                             config::Faults& faults) {
  HeaderAddition out;
  ParseName(proto.header().key(), out, faults);
  out.value = ParseHeaderValue(proto.header().value(), "header.value", faults);
  out.action = ParseAppendAction(proto, faults);
  out.keep_empty_value = proto.keep_empty_value();
  if (out.value.find('%') == std::string::npos) return out;
  auto compiled = context.value_template(out.value);
  if (compiled.ok()) {
    out.value_template = *std::move(compiled);
  } else {
    faults.Add("header.value", std::string(compiled.status().message()));
  }
  return out;
}

}  // namespace

HeaderMutations ParseHeaderMutations(const HeaderValueOptions& add, std::string_view add_field,
                                     const HeaderNames& remove, std::string_view remove_field,
                                     const ParseContext& context, config::Faults& faults) {
  HeaderMutations out;
  for (int i = 0; i < add.size(); ++i) {
    config::Faults::Scope scope(faults, add_field, i);
    out.add.push_back(ParseAddition(add[i], context, faults));
  }
  for (int i = 0; i < remove.size(); ++i) {
    config::Faults::Scope scope(faults, remove_field, i);
    if (IsRouted(remove[i])) {
      faults.Add("", base::StrCat("'", remove[i], "' cannot be removed"));
    } else {
      out.remove.push_back(ParseHeaderName(remove[i], "", faults));
    }
  }
  return out;
}

}  // namespace weir::routing
