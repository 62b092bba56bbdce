// What routing means, as plainly as it can be said: every virtual host and every route is tried
// one after the other, straight from the configuration messages. The index must agree with it.
// Slow, allocates, test thread.
#pragma once

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "envoy/config/route/v3/route.pb.h"
#include "source/config/regex.h"
#include "source/http/message.h"
#include "source/routing/request_matcher.h"

namespace weir::test {

class LinearMatcher {
 public:
  using RouteConfiguration = envoy::config::route::v3::RouteConfiguration;
  using VirtualHost = envoy::config::route::v3::VirtualHost;
  using Route = envoy::config::route::v3::Route;
  using RouteMatch = envoy::config::route::v3::RouteMatch;
  using HeaderMatcher = envoy::config::route::v3::HeaderMatcher;
  using StringMatcher = envoy::type::matcher::v3::StringMatcher;

  explicit LinearMatcher(const RouteConfiguration& config) : config_(config) {}

  // The first match; null when there is none.
  const Route* Find(const http::RequestHead& head, uint64_t random) const {
    const VirtualHost* virtual_host = FindVirtualHost(std::string(head.authority));
    if (virtual_host == nullptr) return nullptr;
    for (const Route& route : virtual_host->routes()) {
      if (Matches(route.match(), head, random)) return &route;
    }
    return nullptr;
  }

  const VirtualHost* FindVirtualHost(std::string authority) const {
    authority = Lower(authority);
    if (config_.ignore_port_in_host_matching())
      authority = authority.substr(0, authority.find(':'));
    const VirtualHost* best = nullptr;
    std::pair<int, size_t> best_rank = {0, 0};
    for (const VirtualHost& virtual_host : config_.virtual_hosts()) {
      for (const std::string& domain : virtual_host.domains()) {
        const auto rank = Rank(Lower(domain), authority);
        if (rank > best_rank) {
          best_rank = rank;
          best = &virtual_host;
        }
      }
    }
    return best;
  }

 private:
  static std::string Lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
  }

  // How well a domain fits: kind, then length. {0, 0}: not at all.
  static std::pair<int, size_t> Rank(const std::string& domain, const std::string& host) {
    if (domain == host) return {4, 0};
    if (domain == "*") return {1, 0};
    const std::string rest = domain.front() == '*'  ? domain.substr(1)
                             : domain.back() == '*' ? domain.substr(0, domain.size() - 1)
                                                    : std::string();
    if (rest.empty() || host.size() <= rest.size()) return {0, 0};
    const bool is_suffix = domain.front() == '*';
    if (!(is_suffix ? host.ends_with(rest) : host.starts_with(rest))) return {0, 0};
    return {is_suffix ? 3 : 2, rest.size()};
  }

  static bool Matches(const RouteMatch& match, const http::RequestHead& head, uint64_t random) {
    const std::string target(head.path);
    const std::string path = target.substr(0, target.find('?'));
    const std::string query =
        target.find('?') == std::string::npos ? "" : target.substr(target.find('?') + 1);
    if (!PathMatches(match, path)) return false;
    for (const HeaderMatcher& header : match.headers()) {
      if (!HeaderMatches(header, head)) return false;
    }
    for (const auto& parameter : match.query_parameters()) {
      if (!QueryMatches(parameter, query)) return false;
    }
    if (!match.has_runtime_fraction()) return true;
    return routing::Fraction{match.runtime_fraction().default_value().numerator(), 100}.Takes(
        random);
  }

  static bool PathMatches(const RouteMatch& match, std::string path) {
    const bool folds = match.has_case_sensitive() && !match.case_sensitive().value();
    const auto fold = [&](const std::string& text) { return folds ? Lower(text) : text; };
    if (match.has_safe_regex()) return RegexMatches(match.safe_regex().regex(), path);
    path = fold(path);
    if (match.has_prefix()) return path.starts_with(fold(match.prefix()));
    if (match.has_path()) return path == fold(match.path());
    const std::string prefix = fold(match.path_separated_prefix());
    return path == prefix || path.starts_with(prefix + "/");
  }

  static bool RegexMatches(const std::string& pattern, const std::string& text) {
    return (*config::Regex::Compile(pattern))->FullMatch(text);
  }

  static bool StringMatches(const StringMatcher& matcher, std::string value) {
    const auto fold = [&](const std::string& text) {
      return matcher.ignore_case() ? Lower(text) : text;
    };
    if (matcher.has_safe_regex()) return RegexMatches(matcher.safe_regex().regex(), value);
    value = fold(value);
    if (matcher.has_exact()) return value == fold(matcher.exact());
    if (matcher.has_prefix()) return value.starts_with(fold(matcher.prefix()));
    if (matcher.has_suffix()) return value.ends_with(fold(matcher.suffix()));
    return value.find(fold(matcher.contains())) != std::string::npos;
  }

  static bool HeaderMatches(const HeaderMatcher& matcher, const http::RequestHead& head) {
    std::vector<std::string> values;
    for (const http::Header& header : head.headers) {
      if (header.name == matcher.name()) values.emplace_back(header.value);
    }
    if (matcher.has_present_match() ||
        matcher.header_match_specifier_case() == HeaderMatcher::HEADER_MATCH_SPECIFIER_NOT_SET) {
      const bool wanted = !matcher.has_present_match() || matcher.present_match();
      return (values.empty() != wanted) != matcher.invert_match();
    }
    if (values.empty()) {
      if (!matcher.treat_missing_header_as_empty()) return false;
      values.emplace_back();
    }
    const bool any = std::any_of(values.begin(), values.end(), [&](const std::string& value) {
      return ValueMatches(matcher, value);
    });
    return any != matcher.invert_match();
  }

  static bool ValueMatches(const HeaderMatcher& matcher, const std::string& value) {
    if (matcher.has_string_match()) return StringMatches(matcher.string_match(), value);
    if (matcher.has_exact_match()) return value == matcher.exact_match();
    if (matcher.has_prefix_match()) return value.starts_with(matcher.prefix_match());
    int64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    return error == std::errc() && end == value.data() + value.size() &&
           number >= matcher.range_match().start() && number < matcher.range_match().end();
  }

  static bool QueryMatches(const envoy::config::route::v3::QueryParameterMatcher& matcher,
                           std::string query) {
    std::optional<std::string> value;
    while (!query.empty()) {
      const std::string parameter = query.substr(0, query.find('&'));
      query = query.size() > parameter.size() ? query.substr(parameter.size() + 1) : "";
      if (value.has_value() || parameter.substr(0, parameter.find('=')) != matcher.name()) continue;
      value =
          parameter.find('=') == std::string::npos ? "" : parameter.substr(parameter.find('=') + 1);
    }
    if (!matcher.has_string_match()) {
      return value.has_value() == (!matcher.has_present_match() || matcher.present_match());
    }
    return value.has_value() && StringMatches(matcher.string_match(), *value);
  }

  const RouteConfiguration& config_;
};

}  // namespace weir::test
