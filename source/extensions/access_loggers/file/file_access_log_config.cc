#include "source/extensions/access_loggers/file/file_access_log_config.h"

#include <string>

#include "envoy/extensions/access_loggers/file/v3/file.pb.h"
#include "source/config/load.h"
#include "source/filter/line_logger.h"
#include "source/filter/log_format_parser.h"

namespace weir::extensions::file {

namespace {

using envoy::extensions::access_loggers::file::v3::FileAccessLog;

std::shared_ptr<const filter::LogFormat> ParseFormat(const FileAccessLog& proto,
                                                     config::Faults& faults) {
  switch (proto.access_log_format_case()) {
    case FileAccessLog::kFormat:
      return filter::ParseTextFormat(proto.format(), "format", false, faults);
    case FileAccessLog::kJsonFormat:
      return filter::ParseJsonFormat(proto.json_format(), "json_format", false, faults);
    case FileAccessLog::kTypedJsonFormat:
      return filter::ParseJsonFormat(proto.typed_json_format(), "typed_json_format", false, faults);
    case FileAccessLog::kLogFormat: {
      config::Faults::Scope scope(faults, "log_format");
      return filter::ParseLogFormat(proto.log_format(), faults);
    }
    case FileAccessLog::ACCESS_LOG_FORMAT_NOT_SET:
      break;
  }
  return filter::LogFormat::Default();
}

class Factory final : public filter::AccessLoggerFactory {
 public:
  explicit Factory(base::LineWriter& writer) : writer_(writer) {}

  filter::ExtensionId id() const override {
    return {"envoy.access_loggers.file", "envoy.extensions.access_loggers.file.v3.FileAccessLog"};
  }

  std::shared_ptr<const filter::AccessLogger> Parse(const google::protobuf::Any& config,
                                                    const filter::FactoryContext& context,
                                                    config::Faults& faults) const override {
    FileAccessLog proto;
    if (!config::Unpack(config, proto, faults)) return nullptr;
    auto format = ParseFormat(proto, faults);
    if (format == nullptr) return nullptr;
    auto file = writer_.Open(proto.path());
    if (!file.ok()) {
      faults.Add("path", std::string(file.status().message()));
      return nullptr;
    }
    return std::make_shared<filter::LineLogger>(std::move(format), *std::move(file), context.stats);
  }

 private:
  base::LineWriter& writer_;
};

}  // namespace

std::unique_ptr<filter::AccessLoggerFactory> CreateFactory(base::LineWriter& writer) {
  return std::make_unique<Factory>(writer);
}

}  // namespace weir::extensions::file
