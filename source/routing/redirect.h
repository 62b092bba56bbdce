// The Location of a redirect, from the request and the route's RedirectAction. Pure function.
#pragma once

#include <string_view>

#include "source/base/arena.h"
#include "source/http/message.h"
#include "source/routing/route.h"

namespace weir::routing {

// An absolute URL in the arena. The request's port goes when the redirect names a port or a host,
// and when it is the default one of a scheme that the redirect changes.
std::string_view RedirectLocation(const RedirectAction& redirect, const http::RequestHead& head,
                                  base::Arena& arena);

}  // namespace weir::routing
