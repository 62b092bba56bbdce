#include "source/server/socket_option_parser.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "envoy/config/core/v3/socket_option.pb.h"

namespace weir::server {

namespace {

namespace v3 = envoy::config::core::v3;

// The kernel's numbers and plain values are ints.
int ToInt(int64_t value, const char* field, config::Faults& faults) {
  if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max()) {
    faults.Add(field, absl::StrCat(value, " does not fit into an int"));
  }
  return static_cast<int>(value);
}

net::SocketOption::When WhenOf(v3::SocketOption::SocketState state) {
  switch (state) {
    case v3::SocketOption::STATE_BOUND:
      return net::SocketOption::When::kBound;
    case v3::SocketOption::STATE_LISTENING:
      return net::SocketOption::When::kListening;
    default:
      return net::SocketOption::When::kBeforeBind;
  }
}

}  // namespace

std::vector<net::SocketOption> ParseSocketOptions(
    const google::protobuf::RepeatedPtrField<v3::SocketOption>& protos, config::Faults& faults) {
  std::vector<net::SocketOption> options;
  for (int i = 0; i < protos.size(); ++i) {
    config::Faults::Scope scope(faults, "socket_options", i);
    const v3::SocketOption& proto = protos[i];
    net::SocketOption option;
    option.level = ToInt(proto.level(), "level", faults);
    option.name = ToInt(proto.name(), "name", faults);
    option.when = WhenOf(proto.state());
    if (proto.has_buf_value()) {
      option.value = proto.buf_value();
    } else {
      const int value = ToInt(proto.int_value(), "int_value", faults);
      option.value.assign(reinterpret_cast<const char*>(&value), sizeof value);
    }
    options.push_back(std::move(option));
  }
  return options;
}

}  // namespace weir::server
