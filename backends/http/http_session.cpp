#include "backends/http/http_session.hpp"

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

#include "backends/http/page_names.hpp"
#include "backends/web/markup.hpp"
#include "backends/web/resumed_source.hpp"
#include "core/go_text.hpp"
#include "core/header_text.hpp"
#include "core/object_path.hpp"

namespace argosy {

namespace {

constexpr std::size_t page_entries = 1000;
// A listing asks for the heads of several files at a time, as rclone does with `checkers`; no more sockets
// than a connection keeps open.
constexpr std::size_t heads_at_once = 4;

[[noreturn]] void read_only() { fail(failure_kind::unsupported, "http remotes are read only"); }

std::string media_type(const web::answer& head) {
  const auto& text = head.fields.get("content-type");
  return lower_header(trim_header(std::string_view{text}.substr(0, text.find(';'))));
}

// A server that was asked for a directory without its slash sends us to where it has one.
bool became_directory(const web::request& asked, const web::answer& head) {
  const auto from = web::parse_url(asked.url), to = web::parse_url(head.url);
  return from && to && from->path.back() != '/' && to->path == from->path + "/";
}

object_info directory_info() {
  object_info info;
  info.kind = entry_kind::directory;
  return info;
}

object_info file_info(const web::answer& head) {
  object_info info;
  info.size = head.content_length;
  if (const auto modified = parse_http_date(head.fields.get("last-modified")))
    info.modified = *modified * 1'000'000'000;
  info.mime_type = head.fields.get("content-type");
  return info;
}

[[noreturn]] void refuse(const web::answer& head, const std::string& context) {
  web::fail_with(head, context + "HTTP Error: " + head.status_text);
}

} // namespace

/// HEAD requests for the files of one listing, answered in the order in which they were added.
class http_session::heads {
public:
  heads(http_session& by, const http_settings& settings) :
      by_(by), settings_(settings),
      most_(by.storage_.connection_limit() == 0 ? heads_at_once : std::size_t{1}) {}

  bool full() const { return waiting_.size() >= most_; }
  bool empty() const { return waiting_.empty(); }
  void add(const may_block& on, std::string name, const std::string& path) {
    auto asked = by_.request_for(settings_, "HEAD", path);
    auto under_way = by_.connection_.begin(on, asked);
    waiting_.push_back({std::move(name), path, std::move(asked), std::move(under_way)});
  }
  /// What was added first, with what is known of it; nothing for what is not there or must not be seen.
  std::pair<std::string, std::optional<object_info>> next(const may_block& on) {
    auto first = std::move(waiting_.front());
    waiting_.pop_front();
    const auto head = answer_to(on, first);
    if (became_directory(first.asked, head)) return {first.name, directory_info()};
    if (!head.good()) {
      by_.storage_.client()->net.log().write(log_level::debug, first.path +
                                                                   ": skipping because of error: failed to "
                                                                   "stat: HTTP Error: " +
                                                                   head.status_text);
      return {first.name, std::nullopt};
    }
    if (settings_.no_slash && media_type(head) == "text/html") return {first.name, directory_info()};
    return {first.name, file_info(head)};
  }

private:
  struct one {
    std::string name, path;
    web::request asked;
    std::unique_ptr<web::exchange> under_way;
  };
  web::answer answer_to(const may_block& on, one& asked) {
    try {
      const auto head = asked.under_way->head(on);
      asked.under_way->read_all(on, 0);
      if (!web::is_transient(head.status)) return head;
    } catch (const transient_failure&) {
      // Once more, with the patience of the pacer.
    }
    asked.under_way.reset();
    return by_.head(on, settings_, asked.path);
  }

  http_session& by_;
  const http_settings& settings_;
  const std::size_t most_;
  std::deque<one> waiting_;
};

http_session::http_session(const http_storage& s) : session(s), storage_(s), connection_(s.client()) {}

web::request http_session::request_for(const http_settings& settings, const char* method,
                                       const std::string& path) const {
  web::request out{method, url_below(settings.endpoint, path, !settings.no_escape)};
  out.headers = settings.headers;
  show(web::shown_url(out.url));
  return out;
}

std::vector<std::string> http_session::names_on_page(const may_block& on, const http_settings& settings,
                                                     const std::string& directory) {
  auto get = request_for(settings, "GET", directory.empty() ? directory : directory + "/");
  get.may_compress = true;
  return storage_.paced().call(on, [&] {
    const auto answer = connection_.begin(on, get);
    const auto& head = answer->head(on);
    if (head.status == 404) fail(failure_kind::directory_not_found, "directory not found");
    if (!head.good()) refuse(head, "failed to readDir: ");
    if (const auto type = media_type(head); type != "text/html")
      fail(failure_kind::other, "can't parse content type " + go_quote(type));
    std::vector<std::string> names;
    std::set<std::string> seen;
    web::link_reader links{[&](std::string&& href) {
      auto name = name_of_link(get.url, href);
      if (name && seen.insert(*name).second) names.push_back(*std::move(name));
    }};
    constexpr std::size_t block_size = 64 * 1024;
    const auto block = std::make_unique<char[]>(block_size);
    while (const auto got = answer->read(on, block.get(), block_size)) links.feed(block.get(), got);
    links.finish();
    return names;
  });
}

void http_session::list(const may_block& on, const std::string& directory, const page_sink& page) {
  const auto settings = storage_.settings();
  std::vector<std::string> names;
  try {
    names = names_on_page(on, *settings, directory);
  } catch (const failure& why) {
    if (why.kind() == failure_kind::cancelled) throw;
    throw why.within("error listing " + go_quote(directory.empty() ? directory : directory + "/"));
  }
  listing entries;
  const auto add = [&](const std::string& name, const object_info& info) {
    entries.add(name, info.kind, info.size, info.modified);
    if (entries.size() >= page_entries) page(std::exchange(entries, {}));
  };
  heads asked{*this, *settings};
  const auto answered = [&] {
    const auto [name, info] = asked.next(on);
    if (info) add(name, *info);
  };
  for (auto& name : names) {
    on.check();
    if (name.back() == '/') {
      add(name.substr(0, name.size() - 1), directory_info());
    } else if (settings->no_head) {
      add(name, object_info{});
    } else {
      if (asked.full()) answered();
      asked.add(on, name, directory.empty() ? name : directory + "/" + name);
    }
  }
  while (!asked.empty()) answered();
  if (!entries.empty()) page(std::move(entries));
}

web::answer http_session::head(const may_block& on, const http_settings& settings, const std::string& path) {
  const auto asked = request_for(settings, "HEAD", path);
  return storage_.paced().call(on, [&] {
    auto head = connection_.call(on, asked).head;
    if (web::is_transient(head.status)) refuse(head, "failed to stat: ");
    return head;
  });
}

// Without HEAD only the page of the folder tells whether something is there.
std::optional<object_info> http_session::look_up(const may_block& on, const http_settings& settings,
                                                 const std::string& path) {
  const auto folder = parent_of(path);
  const std::string leaf{leaf_of(path)};
  try {
    for (const auto& name : names_on_page(on, settings, folder)) {
      if (name == leaf) return object_info{};
      if (name == leaf + "/") return directory_info();
    }
  } catch (const failure& why) {
    if (why.kind() != failure_kind::directory_not_found) throw;
  }
  return std::nullopt;
}

std::optional<object_info> http_session::stat(const may_block& on, const std::string& path) {
  if (path.empty()) return directory_info();
  const auto settings = storage_.settings();
  if (settings->no_head) return look_up(on, *settings, path);
  const auto answer = head(on, *settings, path);
  if (answer.status == 404 || answer.status == 410) return std::nullopt;
  if (became_directory(request_for(*settings, "HEAD", path), answer)) return directory_info();
  if (!answer.good()) refuse(answer, "failed to stat: ");
  if (settings->no_slash && media_type(answer) == "text/html") return directory_info();
  return file_info(answer);
}

std::unique_ptr<object_source> http_session::open(const may_block& on, const std::string& path,
                                                  std::int64_t offset, std::int64_t length) {
  const auto settings = storage_.settings();
  web::resumed_source::order what;
  what.get = request_for(*settings, "GET", path);
  what.offset = offset;
  what.length = length;
  const auto no_file = [asked = what.get, no_slash = settings->no_slash](const web::answer& head) {
    if (became_directory(asked, head) || (no_slash && head.good() && media_type(head) == "text/html"))
      fail(failure_kind::is_a_directory, "is a directory not a file");
  };
  what.opened = no_file;
  what.refuse = [no_file](const may_block&, web::exchange&, const web::answer& head) {
    no_file(head);
    if (head.status == 404) fail(failure_kind::object_not_found, "object not found");
    refuse(head, "Open failed: ");
  };
  return std::make_unique<web::resumed_source>(on, connection_, storage_.paced(), storage_.tries(),
                                               std::move(what));
}

std::unique_ptr<object_sink> http_session::create(const may_block&, const put_request&) { read_only(); }
void http_session::remove(const may_block&, const std::string&) { read_only(); }
void http_session::make_directory(const may_block&, const std::string&) { read_only(); }
void http_session::remove_directory(const may_block&, const std::string&) { read_only(); }
void http_session::set_modified(const may_block&, const std::string&, nanoseconds) { read_only(); }

std::string http_session::hash(const may_block&, const std::string&, hash_type) { return {}; }

json http_session::command(const may_block& on, const std::string& name,
                           const std::map<std::string, std::string>& options,
                           const std::vector<std::string>& arguments) {
  if (name != "set") return session::command(on, name, options, arguments);
  auto next = *storage_.settings();
  try {
    read_http_settings(next, [&](std::string_view key) -> std::optional<std::string> {
      const auto found = options.find(std::string{key});
      return found == options.end() ? std::nullopt : std::make_optional(found->second);
    });
  } catch (const failure& why) {
    throw why.within("reading config");
  }
  try {
    const auto& root = storage_.info().root;
    settle_endpoint(on, next, root.empty() ? root : root + "/", storage_.client(), storage_.paced());
  } catch (const failure& why) {
    throw why.within("updating session");
  }
  storage_.replace(std::move(next));
  std::string keys;
  for (const auto& [key, value] : options) keys += (keys.empty() ? "" : ", ") + key;
  storage_.client()->net.log().write(log_level::notice,
                                     storage_.info().description + ": Updated config values: " + keys);
  return nullptr;
}

std::map<std::string, std::string> http_session::metadata(const may_block& on, const std::string& path) {
  const auto settings = storage_.settings();
  if (settings->no_head) return {};
  const auto answer = head(on, *settings, path);
  if (answer.status == 404) fail(failure_kind::object_not_found, "object not found");
  if (!answer.good()) refuse(answer, "failed to stat: ");
  std::map<std::string, std::string> out;
  for (const auto* name :
       {"content-type", "content-disposition", "cache-control", "content-language", "content-encoding"})
    if (const auto& value = answer.fields.get(name); !value.empty()) out.emplace(name, value);
  const auto& disposition = answer.fields.get("content-disposition");
  const auto kind = trim_header(std::string_view{disposition}.substr(0, disposition.find(';')));
  if (const auto file = header_parameter(disposition, "filename"); same_header(kind, "attachment") && file)
    if (!trim_header(*file).empty()) out.emplace("content-disposition-filename", trim_header(*file));
  return out;
}

} // namespace argosy
