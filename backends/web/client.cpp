#include "backends/web/client.hpp"

#include <algorithm>
#include <utility>

#include "backends/web/cookie_jar.hpp"

namespace argosy::web {

client::client(network& n, std::string name) : net(n), remote(std::move(name)) {}

client::~client() = default;

std::shared_ptr<client> make_client(const may_block& on, network& net, const main_options& options,
                                    std::string remote) {
  auto made = std::make_shared<client>(net, std::move(remote));
  made->link = curl::link_settings_of(on, options);
  made->user_agent = options.user_agent;
  made->headers = options.headers;
  made->gzip = !options.no_gzip_encoding;
  made->expect_timeout = std::chrono::milliseconds{options.expect_continue_timeout / 1'000'000};
  made->dump = options.dump;
  made->connections = static_cast<std::size_t>(std::max<std::int64_t>(0, options.max_connections));
  if (options.use_cookies) made->cookies = std::make_shared<cookie_jar>();
  return made;
}

pace pace_of(const main_options& options) {
  pace out;
  out.tries = std::max<std::int64_t>(1, options.low_level_retries);
  return out;
}

} // namespace argosy::web
