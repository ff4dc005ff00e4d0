#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/time_text.hpp"
#include "metrics/stacks.hpp"

namespace re2 {
class RE2;
}

namespace argosy {

/// A URL as it may be shown: without user and password, query and fragment, where secrets stand. A path stays
/// as it is.
std::string shown_url(std::string_view url);

/// Requests whose URL somebody looks for: each is kept with the place in the code that it came from. Off, it
/// costs a look at a flag. Thread-safe.
class url_watch {
public:
  static constexpr std::size_t most_patterns = 16;
  static constexpr std::size_t most_matches = 100; ///< that are kept; the oldest go

  struct match {
    nanoseconds when;
    std::string pattern, method, url; ///< as shown_url() gives it
    std::string kind, label;          ///< of the connection, as in the ledger
    std::uint64_t job;                ///< 0: of none
    call_stack stack;
  };

  url_watch();
  ~url_watch();
  /// A regular expression (RE2) that has to match somewhere in "METHOD URL". Throws failure when it is none,
  /// or when there are too many.
  void add(const std::string& pattern);
  /// False when there is no such pattern.
  bool remove(const std::string& pattern);
  /// Each with how often it has matched.
  std::map<std::string, std::uint64_t> patterns() const;
  /// Oldest first.
  std::vector<match> matches() const;
  /// Called for each match, on the thread of the request.
  void tell(std::function<void(const match&)> whom);

  bool on() const noexcept { return on_.load(std::memory_order_relaxed); }
  /// A request is being made. `found` has all but pattern, method, URL and stack.
  void look_at(std::string_view method, std::string_view url, match found);

private:
  struct watched;
  mutable std::mutex mutex_;
  std::atomic<bool> on_{false};
  std::map<std::string, std::unique_ptr<watched>> patterns_;
  std::deque<match> matches_;
  std::function<void(const match&)> told_;
};

} // namespace argosy
