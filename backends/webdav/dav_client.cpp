#include "backends/webdav/dav_client.hpp"

#include <algorithm>
#include <utility>

#include "core/failure.hpp"
#include "core/header_text.hpp"

namespace argosy::webdav {

namespace {

constexpr std::size_t longest_answer = 1 << 20; // bytes of an answer that only says how it went

constexpr const char* standard_properties = R"(<?xml version="1.0"?>
<d:propfind xmlns:d="DAV:">
 <d:prop>
  <d:displayname/>
  <d:getlastmodified/>
  <d:getcontentlength/>
  <d:resourcetype/>
 </d:prop>
</d:propfind>
)";

constexpr const char* owncloud_properties = R"(<?xml version="1.0"?>
<d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns">
 <d:prop>
  <d:displayname/>
  <d:getlastmodified/>
  <d:getcontentlength/>
  <d:resourcetype/>
  <oc:checksums/>
  <oc:permissions/>
 </d:prop>
</d:propfind>
)";

constexpr const char* quota_properties = R"(<?xml version="1.0"?>
<d:propfind xmlns:d="DAV:">
 <d:prop>
  <d:quota-available-bytes/>
  <d:quota-used-bytes/>
 </d:prop>
</d:propfind>
)";

std::string joined(const std::string& message, const std::string& status) {
  return message.empty() ? status : message + ": " + status;
}

// The first failure in a multistatus that answers a change.
std::string failure_in(const std::string& body) {
  std::string out;
  multistatus_reader reader{[&](item&& one) {
    if (out.empty() && (one.status >= 300 || !one.good))
      out = one.href + ": " + (one.status == 0 ? "a property was refused" : std::to_string(one.status));
  }};
  reader.feed(body.data(), body.size());
  if (!reader.finish()) throw transient_failure{"unexpected EOF in a multistatus"};
  return out;
}

} // namespace

void fail_with(const outcome& why, const std::string& context) {
  web::fail_with(why.head, context + ": " + why.error);
}

dav_client::dav_client(const webdav_storage& s, std::function<void(std::string_view)> show) :
    storage_(s), show_(std::move(show)), connection_(s.client()) {}

web::request dav_client::dressed(const may_block& on, web::request what) {
  const auto& configured = options().headers;
  const auto configures = [&](const char* name) {
    return std::any_of(configured.begin(), configured.end(),
                       [&](const http_header& one) { return same_header(one.key, name); });
  };
  if (!configures("Authorization"))
    if (auto value = storage_.authorization().value(on); !value.empty())
      what.headers.push_back({"Authorization", std::move(value)});
  if (!configures("Referer")) what.headers.push_back({"Referer", options().url});
  what.headers.insert(what.headers.end(), configured.begin(), configured.end());
  what.secure_only = true;
  show_(web::shown_url(what.url));
  return what;
}

std::unique_ptr<web::exchange> dav_client::begin(const may_block& on, web::request what) {
  return connection_.begin(on, dressed(on, std::move(what)));
}

void dav_client::check_passing(const may_block& on, const web::exchange& of, const outcome& got) {
  if (got.good()) return;
  if (web::is_transient(got.status())) throw transient_failure{got.error, web::retry_after(got.head.fields)};
  if (got.status() != 401) return;
  for (const auto& field : of.asked().headers)
    if (field.key == "Authorization" && storage_.authorization().renew(on, field.value))
      throw transient_failure{got.error, wait_clock::duration{0}};
}

outcome dav_client::outcome_of(const may_block& on, web::exchange& of) {
  outcome out;
  out.head = of.head(on);
  const auto body = of.read_all(on, longest_answer);
  if (!out.head.good())
    out.error = joined(error_message(body), out.head.status_text);
  else if (out.head.status == 207)
    out.error = failure_in(body);
  check_passing(on, of, out);
  return out;
}

outcome dav_client::send_once(const may_block& on, const web::request& what) {
  const auto under_way = begin(on, what);
  return outcome_of(on, *under_way);
}

outcome dav_client::send(const may_block& on, const web::request& what) {
  return paced().call(on, [&] { return send_once(on, what); });
}

outcome dav_client::properties(const may_block& on, const web::request& what,
                               const std::function<void()>& restart,
                               const std::function<void(item&&)>& found) {
  return paced().call(on, [&] {
    restart();
    const auto under_way = begin(on, what);
    const auto& head = under_way->head(on);
    if (!head.good()) return outcome_of(on, *under_way);
    multistatus_reader reader{found};
    // Not cleared: most answers are about one file.
    constexpr std::size_t block_size = 64 * 1024;
    const std::unique_ptr<char[]> block{new char[block_size]};
    while (const auto got = under_way->read(on, block.get(), block_size)) reader.feed(block.get(), got);
    if (!reader.finish()) throw transient_failure{"unexpected EOF in a multistatus"};
    outcome out;
    out.head = head;
    return out;
  });
}

outcome dav_client::find_properties(const may_block& on, const std::string& place, const char* depth,
                                    const std::function<void()>& restart,
                                    const std::function<void(item&&)>& found) {
  web::request what{"PROPFIND", url_of(place)};
  what.headers = {{"Depth", depth}};
  const auto& quirks = options().quirks;
  if (quirks.has_md5 || quirks.has_sha1)
    what.body = owncloud_properties;
  else if (quirks.names_properties)
    what.body = standard_properties;
  if (!what.body.empty()) what.headers.push_back({"Content-Type", "application/xml"});
  what.redirects = web::redirection::keep_method;
  what.keep_credentials = options().auth_redirect;
  what.may_compress = true;
  return properties(on, what, restart, found);
}

std::optional<item> dav_client::look_at(const may_block& on, const std::string& place) {
  std::optional<item> first;
  const auto got = within("read metadata failed", [&] {
    return find_properties(
        on, place, "0", [&] { first.reset(); },
        [&](item&& one) {
          if (!first) first = std::move(one);
        });
  });
  const auto status = got.status();
  // A redirection that leads nowhere means that there is no such file, as in rclone.
  if (status == 404 || status == 410 || status == 301 || status == 302 || status == 303) return std::nullopt;
  if (!got.good()) fail_with(got, "read metadata failed");
  // Too Early stands for a file that the server still looks at.
  if (first && !first->good && first->status != 425) return std::nullopt;
  return first;
}

item dav_client::quota(const may_block& on) {
  web::request what{"PROPFIND", url_of({})};
  what.headers = {{"Depth", "0"}, {"Content-Type", "application/xml"}};
  what.body = quota_properties;
  what.redirects = web::redirection::keep_method;
  std::optional<item> first;
  const auto got = properties(
      on, what, [&] { first.reset(); },
      [&](item&& one) {
        if (!first) first = std::move(one);
      });
  if (!got.good()) web::fail_with(got.head, got.error);
  return first.value_or(item{});
}

} // namespace argosy::webdav
