#include "metrics/url_watch.hpp"

#include <utility>

#include <re2/re2.h>

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "metrics/profile/wait_profile.hpp"

namespace argosy {

std::string shown_url(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string{url};
  const auto host = scheme + 3;
  const auto path = std::min(url.find('/', host), url.size());
  const auto user = url.substr(host, path - host).rfind('@');
  std::string shown{url.substr(0, host)};
  return shown += url.substr(user == std::string_view::npos ? host : host + user + 1);
}

struct url_watch::watched {
  explicit watched(const std::string& pattern) : expression(pattern, re2::RE2::Quiet) {}
  re2::RE2 expression;
  std::uint64_t matches = 0;
};

url_watch::url_watch() = default;
url_watch::~url_watch() = default;

void url_watch::add(const std::string& pattern) {
  auto fresh = std::make_unique<watched>(pattern);
  if (pattern.empty() || !fresh->expression.ok())
    fail(failure_kind::bad_parameter,
         "pattern " + go_quote(pattern) + " is no regular expression: " +
             (pattern.empty() ? std::string{"it is empty"} : fresh->expression.error()));
  const std::lock_guard<std::mutex> lock{mutex_};
  if (patterns_.size() >= most_patterns && patterns_.count(pattern) == 0)
    fail(failure_kind::bad_parameter,
         "there are " + std::to_string(most_patterns) + " patterns already: remove one first");
  patterns_.emplace(pattern, std::move(fresh));
  on_ = true;
}

bool url_watch::remove(const std::string& pattern) {
  const std::lock_guard<std::mutex> lock{mutex_};
  const bool known = patterns_.erase(pattern) != 0;
  on_ = !patterns_.empty();
  return known;
}

std::map<std::string, std::uint64_t> url_watch::patterns() const {
  std::map<std::string, std::uint64_t> all;
  const std::lock_guard<std::mutex> lock{mutex_};
  for (const auto& [text, one] : patterns_) all.emplace(text, one->matches);
  return all;
}

std::vector<url_watch::match> url_watch::matches() const {
  const std::lock_guard<std::mutex> lock{mutex_};
  return {matches_.begin(), matches_.end()};
}

void url_watch::tell(std::function<void(const match&)> whom) {
  const std::lock_guard<std::mutex> lock{mutex_};
  told_ = std::move(whom);
}

void url_watch::look_at(std::string_view method, std::string_view url, match found) {
  const auto request = std::string{method} + ' ' + std::string{url};
  std::function<void(const match&)> told;
  {
    const std::lock_guard<std::mutex> lock{mutex_};
    const auto i = std::find_if(patterns_.begin(), patterns_.end(), [&](const auto& one) {
      return re2::RE2::PartialMatch(request, one.second->expression);
    });
    if (i == patterns_.end()) return;
    ++i->second->matches;
    found.pattern = i->first;
    found.method = method;
    found.url = shown_url(url);
    found.stack = current_stack();
    matches_.push_back(found);
    if (matches_.size() > most_matches) matches_.pop_front();
    told = told_;
  }
  if (told) told(found);
}

} // namespace argosy
