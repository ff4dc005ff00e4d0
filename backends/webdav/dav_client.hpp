#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/web/connection.hpp"
#include "backends/webdav/multistatus.hpp"
#include "backends/webdav/webdav_storage.hpp"

namespace argosy::webdav {

/// How a server has answered a request.
struct outcome {
  web::answer head;
  std::string error; ///< `message: exception: status`; empty for a success
  bool good() const { return error.empty(); }
  int status() const { return head.status; }
};

/// Throws what an outcome that is no success means, with `context: ` in front.
[[noreturn]] void fail_with(const outcome& why, const std::string& context);

/// What `work` throws gets `context: ` in front, unless it was cancelled.
template <class Work>
auto within(const char* context, Work work) {
  try {
    return work();
  } catch (const failure& why) {
    if (why.kind() == failure_kind::cancelled) throw;
    throw why.within(context);
  }
}

/// The requests of one session. Places are paths below the URL of the remote, escaped, without a slash at the
/// beginning; those of directories have one at the end, and "" is the URL itself.
class dav_client {
public:
  /// `show` is told of each URL that is asked for.
  dav_client(const webdav_storage& s, std::function<void(std::string_view url)> show);

  const webdav_options& options() const { return storage_.options(); }
  web::connection& connection() { return connection_; }
  bool closed_by_peer() const noexcept { return connection_.closed_by_peer(); }
  pacer& paced() const { return storage_.paced(); }
  std::int64_t tries() const { return storage_.tries(); }
  wait_clock& clock() const { return storage_.client()->net.clock(); }
  std::string url_of(const std::string& place) const { return options().url + place; }

  /// Adds to a request what all have: authorization and configured headers.
  web::request dressed(const may_block& on, web::request what);
  /// Sends a request that is not dressed until its answer is none of the moment. A multistatus with a failure
  /// in it is no success.
  outcome send(const may_block& on, const web::request& what);
  /// One attempt. Throws transient_failure where another one may help.
  outcome send_once(const may_block& on, const web::request& what);
  /// Begins a request whose body is written, or whose answer is read, by the caller.
  std::unique_ptr<web::exchange> begin(const may_block& on, web::request what);
  /// What the answer to such a request says, read to its end. Throws as send_once does.
  outcome outcome_of(const may_block& on, web::exchange& of);

  /// PROPFIND. `restart` is called before each attempt, `found` with each resource.
  outcome find_properties(const may_block& on, const std::string& place, const char* depth,
                          const std::function<void()>& restart, const std::function<void(item&&)>& found);
  /// What is known of one resource, if it is there.
  std::optional<item> look_at(const may_block& on, const std::string& place);
  /// The quota of the remote.
  item quota(const may_block& on);

private:
  outcome properties(const may_block& on, const web::request& what, const std::function<void()>& restart,
                     const std::function<void(item&&)>& found);
  void check_passing(const may_block& on, const web::exchange& of, const outcome& got);

  const webdav_storage& storage_;
  std::function<void(std::string_view url)> show_;
  web::connection connection_;
};

} // namespace argosy::webdav
