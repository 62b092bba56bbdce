#include "source/xds_files/file_source.h"

#include <utility>

#include "source/xds_files/file_subscription.h"

namespace weir::xds::files {
namespace {

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

FileSource::Options Complete(FileSource::Options options) {
  if (options.watched_directory.empty()) options.watched_directory = DirectoryOf(options.path);
  return options;
}

}  // namespace

FileSource::FileSource(const Context& context, Options options)
    : context_(context), options_(Complete(std::move(options))) {}

std::unique_ptr<Subscription> FileSource::Subscribe(ResourceType type,
                                                    const SubscriptionOptions& options,
                                                    ResourceSink& sink) {
  return std::make_unique<FileSubscription>(context_, options_, std::move(type), options, sink);
}

}  // namespace weir::xds::files
