// Resources of one type that are asked for by name, each at the origin that its reference names:
// EDS, RDS, SDS. One subscription for each source, shared by all names that come from there.
//
// Uses are counted: a name is asked for while anybody wants it. Main thread only; ends before the
// sources, and its sink after it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/xds/resource_origin.h"
#include "source/xds/subscription.h"

namespace weir::xds {

class NamedResourceSink {
 public:
  // As ResourceSink's, with where it came from.
  virtual std::vector<Refusal> OnUpdate(ResourceSource& source, const Update& update) = 0;
  virtual bool IsDone(const ResourceSource& /*source*/) const { return true; }
  virtual std::vector<Refusal> Continue(ResourceSource& /*source*/) { return {}; }
  virtual void OnFetchTimeout(ResourceSource& source, absl::Span<const std::string> names) = 0;

 protected:
  ~NamedResourceSink() = default;
};

class NamedResources {
 public:
  NamedResources(ResourceType type, NamedResourceSink& sink);
  ~NamedResources();
  NamedResources(const NamedResources&) = delete;
  NamedResources& operator=(const NamedResources&) = delete;

  // Subscribes, so that this type has its place among those of the source: parents come first.
  void Open(ResourceSource& source) { FeedOf(source); }

  // The origin's timeout counts when the name is new.
  void Add(const ResourceOrigin& origin, std::string_view name);
  // True when nobody wants it any more.
  bool Remove(const ResourceOrigin& origin, std::string_view name);

 private:
  class Feed;

  Feed& FeedOf(ResourceSource& source);

  const ResourceType type_;
  NamedResourceSink& sink_;
  std::vector<std::unique_ptr<Feed>> feeds_;  // few
};

}  // namespace weir::xds
