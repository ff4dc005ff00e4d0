#pragma once

#include <functional>
#include <memory>
#include <string>

#include "http/exchange.hpp"
#include "http/markup/page_template.hpp"
#include "http/rc/command.hpp"

namespace argosy {

/// One GET or HEAD of something on a remote.
struct served_request {
  std::string fs;                                    ///< text of the remote
  std::string path;                                  ///< below its root, without slashes around it
  std::string rest;                                  ///< the same as it was asked for
  bool is_directory = false;                         ///< a listing is wanted
  bool no_modtime = false;                           ///< listings without times
  std::shared_ptr<const markup::page_template> look; ///< of listings; null: our own
  http_request http;
};

/// Begins to serve it, as a job of its own that nobody records. The answer is given once, from any thread; an
/// object that is longer than a block follows as a stream. `ended` is called when nothing more happens. The
/// actor that comes back stops when it is told to. `d` outlives it.
job_actor begin_served_call(const rc::daemon& d, job_request call, served_request wanted, http_answer answer,
                            std::function<void()> ended);

} // namespace argosy
