#include "source/routing/header_mutator.h"

#include <array>

namespace weir::routing {

namespace {

bool HasField(const http::HeaderMap& headers, const HeaderAddition& addition) {
  return addition.id == http::HeaderId::kOther ? headers.Find(addition.name) != nullptr
                                               : headers.Has(addition.id);
}

void RemoveField(http::HeaderMap& headers, const HeaderAddition& addition) {
  if (addition.id == http::HeaderId::kOther) {
    headers.Remove(addition.name);
  } else {
    headers.Remove(addition.id);
  }
}

void AddField(const HeaderAddition& addition, http::HeaderMap& headers,
              TemplateEvaluator evaluate) {
  switch (addition.action) {
    case AppendAction::kAddIfAbsent:
      if (HasField(headers, addition)) return;
      break;
    case AppendAction::kOverwriteIfExists:
      if (!HasField(headers, addition)) return;
      break;
    case AppendAction::kAppend:
    case AppendAction::kOverwriteOrAdd:
      break;
  }
  const std::string_view value = addition.value_template == nullptr
                                     ? std::string_view(addition.value)
                                     : evaluate(*addition.value_template);
  if (value.empty() && !addition.keep_empty_value) return;
  if (addition.action == AppendAction::kOverwriteOrAdd ||
      addition.action == AppendAction::kOverwriteIfExists) {
    RemoveField(headers, addition);
  }
  if (addition.id == http::HeaderId::kOther) {
    headers.AddCopy(addition.name, value);
  } else {
    headers.AddCopy(addition.id, value);
  }
}

// From the most specific to the least; entries may be null.
using Levels = std::array<const HeaderMutations*, 4>;

void ApplyLevels(const Levels& levels, bool most_specific_wins, http::HeaderMap& headers,
                 TemplateEvaluator evaluate) {
  for (size_t i = 0; i < levels.size(); ++i) {
    const HeaderMutations* level = levels[most_specific_wins ? levels.size() - 1 - i : i];
    if (level != nullptr && !level->empty()) ApplyHeaderMutations(*level, headers, evaluate);
  }
}

}  // namespace

void ApplyHeaderMutations(const HeaderMutations& mutations, http::HeaderMap& headers,
                          TemplateEvaluator evaluate) {
  for (const std::string& name : mutations.remove) headers.Remove(name);
  for (const HeaderAddition& addition : mutations.add) AddField(addition, headers, evaluate);
}

void ApplyRequestMutations(const RouteTable& table, const Route& route,
                           const WeightedCluster* chosen, http::HeaderMap& headers,
                           TemplateEvaluator evaluate) {
  ApplyLevels({chosen == nullptr ? nullptr : &chosen->request_headers, &route.request_headers,
               &route.virtual_host->request_headers, &table.request_headers()},
              table.most_specific_mutations_win(), headers, evaluate);
}

void ApplyResponseMutations(const RouteTable& table, const Route& route,
                            const WeightedCluster* chosen, http::HeaderMap& headers,
                            TemplateEvaluator evaluate) {
  ApplyLevels({chosen == nullptr ? nullptr : &chosen->response_headers, &route.response_headers,
               &route.virtual_host->response_headers, &table.response_headers()},
              table.most_specific_mutations_win(), headers, evaluate);
}

}  // namespace weir::routing
