#include "http/serve/served_remotes.hpp"

#include <utility>

#include "actors/links/remote_maker.hpp"
#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/remote_name.hpp"
#include "http/error_reply.hpp"
#include "http/listing_page.hpp"
#include "http/params.hpp"
#include "http/serve/page_reply.hpp"
#include "http/serve/served_call.hpp"

namespace argosy {

namespace {

// Places of the brackets in `[fs]rest`: the fs ends at the first one that closes.
std::pair<std::string, std::string> split(const std::string& path) {
  const auto end = path.find(']');
  return {path.substr(1, end - 1), path.substr(end + 1)};
}

std::string inner_path(const std::string& text) {
  const auto first = text.find_first_not_of('/');
  return first == std::string::npos ? std::string{}
                                    : text.substr(first, text.find_last_not_of('/') - first + 1);
}

} // namespace

std::string refusal_of_remote(const std::string& fs, bool trusted) {
  constexpr const char* needs =
      " requires authentication to be set up on the rc server or the --rc-no-auth flag";
  remote_name name;
  try {
    name = remote_name::parse(fs);
  } catch (const failure& f) {
    return "invalid remote " + go_quote(fs) + ": " + f.what();
  }
  for (const auto& [key, value] : name.parameters)
    if (key.rfind("global.", 0) == 0)
      return "setting " + go_quote(key) + " on a served remote is not allowed";
  if (trusted) return {};
  if (name.is_local_path()) return std::string{"serving local paths"} + needs;
  if (name.inline_backend) return std::string{"serving inline remotes"} + needs;
  if (!name.parameters.empty())
    return std::string{"serving remotes with connection string parameters"} + needs;
  return {};
}

bool served_remotes::takes(const std::string& path) {
  return !path.empty() && path.front() == '[' && path.find(']') != std::string::npos &&
         path.find('\n') == std::string::npos;
}

void served_remotes::serve(http_request request, const http_answer& answer) const {
  auto [fs, rest] = split(request.path);
  if (!rights_.seed) {
    const auto refusal = refusal_of_remote(fs, trusts(request));
    if (!refusal.empty()) return answer(error_reply({failure_kind::not_authorized, refusal}, rest, nullptr));
  }
  job_request call;
  call.recorded = false;
  call.group = global_stats;
  call.path = "GET";
  const auto connection = request.connection;
  served_request wanted;
  wanted.is_directory = rest.empty() || rest.back() == '/';
  wanted.fs = std::move(fs);
  wanted.path = inner_path(rest);
  wanted.rest = std::move(rest);
  wanted.no_modtime = looks_.no_modtime;
  wanted.look = looks_.listings;
  wanted.http = std::move(request);
  auto made = begin_served_call(daemon_, std::move(call), std::move(wanted), answer,
                                [waiting = waiting_, connection] { waiting->leave(connection, 0); });
  waiting_->enter(connection, 0, std::move(made));
}

void served_remotes::list(http_request request, const http_answer& answer) const {
  if (!trusts(request))
    return answer(error_reply({failure_kind::not_authorized,
                               "listing the remotes requires authentication to be set up on the rc server or "
                               "the --rc-no-auth flag"},
                              "/" + request.path, nullptr));
  daemon_.with.io.post(
      {}, [&d = daemon_, look = looks_.listings, request = std::move(request), answer](const may_block& on) {
        try {
          listing_page page{""};
          page.name = "List of all rclone remotes.";
          const auto names = d.maker.config().use(on, [](config_store& store) { return store.remotes(); });
          for (const auto& name : names) page.add("[" + name + ":]", true, -1, {});
          const auto asked = parse_query(request.query);
          page.arrange(asked.value("sort", ""), asked.value("order", ""));
          answer(page_reply(page, look.get(), d.with.log));
        } catch (...) {
          answer(error_reply(current_failure(), "/" + request.path, nullptr));
        }
      });
}

} // namespace argosy
