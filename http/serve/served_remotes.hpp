#pragma once

#include <memory>
#include <string>

#include "http/exchange.hpp"
#include "http/markup/page_template.hpp"
#include "http/rc/command.hpp"
#include "http/waiting_calls.hpp"

namespace argosy {

/// GET and HEAD of objects and folders of remotes: --rc-serve (rc-surface 2.10).
class served_remotes {
public:
  struct rights {
    bool no_auth = false; ///< --rc-no-auth
    bool seed = false;    ///< --rc-auth-compat=seed: nothing is refused
  };
  struct looks {
    bool no_modtime = false;                               ///< --rc-serve-no-modtime
    std::shared_ptr<const markup::page_template> listings; ///< --rc-template; null: our own
  };
  /// `d` outlives every reply.
  served_remotes(const rc::daemon& d, rights given, looks wanted, std::shared_ptr<waiting_calls> waiting) :
      daemon_(d), rights_(given), looks_(std::move(wanted)), waiting_(std::move(waiting)) {}

  /// Whether a path, without slashes in front, is of the form `[fs]rest`.
  static bool takes(const std::string& path);
  /// Any thread; never blocks.
  void serve(http_request request, const http_answer& answer) const;
  /// The page of all remotes.
  void list(http_request request, const http_answer& answer) const;

private:
  bool trusts(const http_request& request) const {
    return rights_.no_auth || rights_.seed || request.authenticated;
  }
  const rc::daemon& daemon_;
  const rights rights_;
  const looks looks_;
  const std::shared_ptr<waiting_calls> waiting_;
};

/// Why a remote with that text is not served (rc-surface 2.10); empty: it is. `trusted`: who asks has been
/// authenticated, or need not be.
std::string refusal_of_remote(const std::string& fs, bool trusted);

} // namespace argosy
