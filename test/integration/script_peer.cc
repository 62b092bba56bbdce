// A control plane without a will of its own, for integration tests: tells on standard output what
// clients say and sends what standard input tells it to, a line of JSON each.
//
//   script_peer [PORT]                       prints "port N"
//   out  {"stream": 1, "method": "/…", "metadata": {…}}     a client has come
//        {"stream": 1, "message": {…}}                      it says
//        {"stream": 1, "end": true}                         it has gone
//   in   {"stream": 1, "send": "{…}"}        a message of the method's kind, as JSON
//        {"stream": 1, "raw": "BASE64"}      bytes instead
//        {"stream": 1, "finish": 16, "text": "who are you"}    the call ends with this gRPC code
//
//
// Messages of the aggregated and the single xDS streams, both protocols, of load reporting and of
// health discovery.
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "envoy/config/route/v3/route.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "envoy/service/health/v3/hds.pb.h"
#include "envoy/service/load_stats/v3/lrs.pb.h"
#include "source/base/thread.h"
#include "source/control/known_messages.h"
#include "source/event/loop.h"
#include "source/rpc/stream_server.h"

namespace {

using google::protobuf::Message;
using google::protobuf::Struct;
namespace discovery = envoy::service::discovery::v3;
namespace health = envoy::service::health::v3;
namespace load_stats = envoy::service::load_stats::v3;

// A file of a static library is linked when something of it is used.
void LinkResources() {
  weir::control::LinkKnownMessages();
  envoy::config::cluster::v3::Cluster::descriptor();
  envoy::config::endpoint::v3::ClusterLoadAssignment::descriptor();
  envoy::config::listener::v3::Listener::descriptor();
  envoy::config::route::v3::RouteConfiguration::descriptor();
  envoy::extensions::transport_sockets::tls::v3::Secret::descriptor();
}

struct Kinds {
  std::unique_ptr<Message> request, response;
};

Kinds KindsOf(const std::string& method) {
  if (absl::EndsWith(method, "/StreamLoadStats")) {
    return {std::make_unique<load_stats::LoadStatsRequest>(),
            std::make_unique<load_stats::LoadStatsResponse>()};
  }
  if (absl::EndsWith(method, "/StreamHealthCheck")) {
    return {std::make_unique<health::HealthCheckRequestOrEndpointHealthResponse>(),
            std::make_unique<health::HealthCheckSpecifier>()};
  }
  if (absl::StrContains(method, "/Delta")) {
    return {std::make_unique<discovery::DeltaDiscoveryRequest>(),
            std::make_unique<discovery::DeltaDiscoveryResponse>()};
  }
  return {std::make_unique<discovery::DiscoveryRequest>(),
          std::make_unique<discovery::DiscoveryResponse>()};
}

std::string Json(const Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  return status.ok() ? json : "\"" + absl::CEscape(status.ToString()) + "\"";
}

void Print(int stream, const std::string& rest) {
  std::printf("{\"stream\": %d, %s}\n", stream, rest.c_str());
  std::fflush(stdout);
}

class Stream final : private weir::rpc::BidiStreamHandler {
 public:
  Stream(int number, std::unique_ptr<weir::rpc::IncomingStream> stream)
      : number_(number), kinds_(KindsOf(stream->method())), stream_(std::move(stream)) {
    Struct metadata;
    for (const auto& [key, value] : stream_->metadata()) {
      (*metadata.mutable_fields())[key].set_string_value(value);
    }
    Print(number_, "\"method\": \"" + stream_->method() + "\", \"metadata\": " + Json(metadata));
    stream_->Start(*this);
  }

  // False: it cannot be understood.
  bool Obey(const Struct& command) {
    const auto& fields = command.fields();
    if (fields.contains("finish")) {
      const auto code = static_cast<absl::StatusCode>(fields.at("finish").number_value());
      stream_->Finish(
          absl::Status(code, fields.contains("text") ? fields.at("text").string_value() : ""));
      return true;
    }
    if (fields.contains("raw")) {
      std::string bytes;
      if (!absl::Base64Unescape(fields.at("raw").string_value(), &bytes)) return false;
      stream_->Send(std::move(bytes));
      return true;
    }
    if (!fields.contains("send")) return false;
    const std::unique_ptr<Message> message(kinds_.response->New());
    // As text, and not as part of the command: the order of fields is the test's.
    const auto status = google::protobuf::util::JsonStringToMessage(
        fields.at("send").string_value(), message.get());
    if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
    if (status.ok()) stream_->Send(message->SerializeAsString());
    return status.ok();
  }

 private:
  void OnMessage(std::string bytes) override {
    const std::unique_ptr<Message> message(kinds_.request->New());
    message->ParseFromString(bytes);
    Print(number_, "\"message\": " + Json(*message));
  }
  void OnEnd(absl::Status) override { Print(number_, "\"end\": true"); }

  const int number_;
  const Kinds kinds_;
  const std::unique_ptr<weir::rpc::IncomingStream> stream_;
};

}  // namespace

int main(int argc, char** argv) {
  LinkResources();
  weir::event::Loop loop("main", weir::base::kMainThread);
  std::map<int, std::unique_ptr<Stream>> streams;  // ended ones stay: it is a test
  auto server = weir::rpc::Server::Start(
      loop, std::string("127.0.0.1:") + (argc > 1 ? argv[1] : "0"),
      [&](std::unique_ptr<weir::rpc::IncomingStream> stream) {
        const int number = static_cast<int>(streams.size()) + 1;
        streams[number] = std::make_unique<Stream>(number, std::move(stream));
      });
  if (!server.ok()) {
    std::fprintf(stderr, "%s\n", server.status().ToString().c_str());
    return 1;
  }
  const std::string& address = (*server)->address();
  std::printf("port %s\n", address.substr(address.rfind(':') + 1).c_str());
  std::fflush(stdout);
  std::thread reader([&] {
    std::string line;
    while (std::getline(std::cin, line)) {
      loop.Post([&streams, line] {
        Struct command;
        const bool is_json = google::protobuf::util::JsonStringToMessage(line, &command).ok();
        const auto found = streams.find(
            is_json ? static_cast<int>(command.fields().at("stream").number_value()) : 0);
        if (found == streams.end() || !found->second->Obey(command)) {
          std::fprintf(stderr, "cannot do: %s\n", line.c_str());
          std::exit(1);
        }
      });
    }
    loop.Post([&loop] { loop.Stop(); });
  });
  loop.Run();
  reader.join();
  return 0;
}
