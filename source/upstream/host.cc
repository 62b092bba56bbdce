#include "source/upstream/host.h"

#include <utility>

namespace weir::upstream {

Host::Host(net::Address address, std::string hostname, std::shared_ptr<const Locality> locality)
    : Host(std::move(address),
           std::make_shared<const HostDetails>(HostDetails{
               std::move(hostname),
               {},
               locality != nullptr ? std::move(locality) : std::make_shared<const Locality>()})) {}

Host::Host(net::Address address, std::shared_ptr<const HostDetails> details)
    : address_(std::move(address)),
      address_text_(address_.ToString()),
      details_(std::move(details)) {}

}  // namespace weir::upstream
