#include "source/balancing/host.h"

#include <utility>

namespace weir::balancing {

Host::Host(net::Address address, std::string hostname, std::shared_ptr<const Locality> locality)
    : Host(std::move(address),
           std::make_shared<const HostDetails>(HostDetails{
               std::move(hostname),
               {},
               locality != nullptr ? std::move(locality) : std::make_shared<const Locality>()})) {}

Host::Host(net::Address address, std::shared_ptr<const HostDetails> details)
    : address_(std::move(address)), details_(std::move(details)) {}

const std::string& Host::address_text() const {
  const std::string* text = address_text_.load(std::memory_order_acquire);
  if (text != nullptr) return *text;
  auto made = std::make_unique<const std::string>(address_.ToString());
  // Two threads may make it at once; one of them wins.
  if (address_text_.compare_exchange_strong(text, made.get(), std::memory_order_acq_rel)) {
    text = made.release();
  }
  return *text;
}

}  // namespace weir::balancing
