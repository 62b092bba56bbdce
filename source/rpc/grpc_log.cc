#include "source/rpc/grpc_log.h"

#include <grpc/support/log.h>

#include "source/base/log.h"

namespace weir::rpc {
namespace {

void WriteGrpcLine(gpr_log_func_args* line) {
  switch (line->severity) {
    case GPR_LOG_SEVERITY_ERROR:
      WEIR_LOG(kWarning, "rpc", line->message);
      return;
    case GPR_LOG_SEVERITY_INFO:
      WEIR_LOG(kDebug, "rpc", line->message);
      return;
    case GPR_LOG_SEVERITY_DEBUG:
      WEIR_LOG(kTrace, "rpc", line->message);
      return;
  }
}

}  // namespace

void RouteGrpcLog() { gpr_set_log_function(WriteGrpcLine); }

}  // namespace weir::rpc
