// A configured HTTP filter: immutable, shared by all workers; makes one filter object a stream.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "source/filter/http_filter.h"

namespace weir::filter {

class HttpFilterConfig {
 public:
  virtual ~HttpFilterConfig() = default;
  // Storage one filter object needs; Create builds it there, the chain destroys it.
  virtual size_t filter_bytes() const = 0;
  virtual HttpFilter* Create(void* storage) const = 0;
  // The last filter of a chain must be terminal, and no other.
  virtual bool is_terminal() const { return false; }
};

// The usual way: a Settings struct, and a Filter constructed from a const Settings&.
template <class Filter, class Settings>
class HttpFilterConfigOf final : public HttpFilterConfig {
 public:
  explicit HttpFilterConfigOf(Settings settings, bool is_terminal = false)
      : settings_(std::move(settings)), is_terminal_(is_terminal) {
    static_assert(alignof(Filter) <= alignof(std::max_align_t));
  }
  size_t filter_bytes() const override { return sizeof(Filter); }
  HttpFilter* Create(void* storage) const override { return new (storage) Filter(settings_); }
  bool is_terminal() const override { return is_terminal_; }

 private:
  const Settings settings_;
  const bool is_terminal_;
};

// The filters of one connection manager, in request order.
struct HttpFilterList {
  struct Entry {
    std::string name;  // as configured: the key of per-route settings
    std::shared_ptr<const HttpFilterConfig> config;
  };
  std::vector<Entry> entries;
};

}  // namespace weir::filter
