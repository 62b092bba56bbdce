#include "source/extensions/access_loggers/stdout/stdout_access_log_config.h"

#include <string>

#include "envoy/extensions/access_loggers/stream/v3/stream.pb.h"
#include "source/config/load.h"
#include "source/filter/line_logger.h"
#include "source/filter/log_format_parser.h"

namespace weir::extensions::stdout_access_log {

namespace {

namespace stream_v3 = envoy::extensions::access_loggers::stream::v3;

// The two messages have the same fields.
template <class Proto>
class Factory final : public filter::AccessLoggerFactory {
 public:
  Factory(filter::ExtensionId id, const char* path, base::LineWriter& writer)
      : id_(id), path_(path), writer_(writer) {}

  filter::ExtensionId id() const override { return id_; }

  std::shared_ptr<const filter::AccessLogger> Parse(const google::protobuf::Any& config,
                                                    const filter::FactoryContext& context,
                                                    config::Faults& faults) const override {
    Proto proto;
    if (!config::Unpack(config, proto, faults)) return nullptr;
    auto format = filter::LogFormat::Default();
    if (proto.has_log_format()) {
      config::Faults::Scope scope(faults, "log_format");
      format = filter::ParseLogFormat(proto.log_format(), faults);
    }
    if (format == nullptr) return nullptr;
    auto file = writer_.Open(path_);
    if (!file.ok()) {
      faults.Add("", std::string(file.status().message()));
      return nullptr;
    }
    return std::make_shared<filter::LineLogger>(std::move(format), *std::move(file), context.stats);
  }

 private:
  const filter::ExtensionId id_;
  const char* const path_;
  base::LineWriter& writer_;
};

}  // namespace

std::unique_ptr<filter::AccessLoggerFactory> CreateStdoutFactory(base::LineWriter& writer) {
  constexpr filter::ExtensionId kId = {"envoy.access_loggers.stdout",
                                       "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog"};
  return std::make_unique<Factory<stream_v3::StdoutAccessLog>>(kId, "/dev/stdout", writer);
}

std::unique_ptr<filter::AccessLoggerFactory> CreateStderrFactory(base::LineWriter& writer) {
  constexpr filter::ExtensionId kId = {"envoy.access_loggers.stderr",
                                       "envoy.extensions.access_loggers.stream.v3.StderrAccessLog"};
  return std::make_unique<Factory<stream_v3::StderrAccessLog>>(kId, "/dev/stderr", writer);
}

}  // namespace weir::extensions::stdout_access_log
