#include "source/xds/named_resources.h"

#include <cstdint>
#include <functional>

#include "absl/container/btree_map.h"

namespace weir::xds {

// What comes from one source.
class NamedResources::Feed final : public ResourceSink {
 public:
  Feed(ResourceSource& source, const ResourceType& type, NamedResourceSink& sink)
      : source_(source), sink_(sink), subscription_(source.Subscribe(type, {}, *this)) {}

  ResourceSource& source() const { return source_; }

  void Add(std::string_view name, int64_t timeout_ms) {
    if (++uses_[std::string(name)] == 1) subscription_->Add(name, timeout_ms);
  }
  bool Remove(std::string_view name) {
    const auto found = uses_.find(name);
    if (found == uses_.end() || --found->second > 0) return false;
    uses_.erase(found);
    subscription_->Remove(name);
    return true;
  }

 private:
  std::vector<Refusal> OnUpdate(const Update& update) override {
    return sink_.OnUpdate(source_, update);
  }
  bool IsDone() const override { return sink_.IsDone(source_); }
  std::vector<Refusal> Continue() override { return sink_.Continue(source_); }
  void OnFetchTimeout(absl::Span<const std::string> names) override {
    sink_.OnFetchTimeout(source_, names);
  }

  ResourceSource& source_;
  NamedResourceSink& sink_;
  absl::btree_map<std::string, uint32_t, std::less<>> uses_;
  const std::unique_ptr<Subscription> subscription_;
};

NamedResources::NamedResources(ResourceType type, NamedResourceSink& sink)
    : type_(std::move(type)), sink_(sink) {}

NamedResources::~NamedResources() = default;

void NamedResources::Add(const ResourceOrigin& origin, std::string_view name) {
  FeedOf(*origin.source).Add(name, origin.initial_fetch_timeout_ms);
}

bool NamedResources::Remove(const ResourceOrigin& origin, std::string_view name) {
  return FeedOf(*origin.source).Remove(name);
}

NamedResources::Feed& NamedResources::FeedOf(ResourceSource& source) {
  for (const auto& feed : feeds_) {
    if (&feed->source() == &source) return *feed;
  }
  feeds_.push_back(std::make_unique<Feed>(source, type_, sink_));
  return *feeds_.back();
}

}  // namespace weir::xds
