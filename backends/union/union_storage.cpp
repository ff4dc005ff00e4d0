#include "backends/union/union_storage.hpp"

#include <algorithm>
#include <utility>

#include "backends/overlay.hpp"
#include "backends/setting_values.hpp"
#include "backends/union/union_session.hpp"
#include "backends/walk.hpp"
#include "backends/wrapping.hpp"
#include "core/csv_record.hpp"
#include "core/object_path.hpp"

namespace argosy {

namespace {

constexpr std::int64_t default_min_free = std::int64_t{1} << 30;

storage_list storages_of(const std::vector<union_upstream>& upstreams) {
  storage_list out;
  for (const auto& u : upstreams) out.push_back(u.at.get());
  return out;
}

std::vector<std::string> upstream_texts(const storage_request& request) {
  auto texts = read_csv_record(text_setting(request, "upstreams"), ' ');
  if (texts.empty()) {
    // As before rclone 1.50: all but the last are only read.
    texts = read_csv_record(text_setting(request, "remotes"), ' ');
    for (std::size_t i = 0; i + 1 < texts.size(); ++i) texts[i] += ":ro";
  }
  if (texts.empty())
    fail(failure_kind::other,
         "union can't point to an empty upstream - check the value of the upstreams setting");
  if (texts.size() == 1)
    fail(failure_kind::other,
         "union can't point to a single upstream - check the value of the upstreams setting");
  for (const auto& text : texts)
    if (text.compare(0, request.name.size() + 1, request.name + ":") == 0)
      fail(failure_kind::other,
           "can't point union remote at itself - check the value of the upstreams setting");
  return texts;
}

// `remote:path`, with `:ro`, `:nc` or `:writeback` at the end of the path.
union_upstream make_upstream(const storage_request& request, std::string text,
                             std::chrono::seconds cache_time) {
  union_upstream upstream;
  const auto path = remote_name::parse(text).path;
  const auto take = [&](std::string_view suffix) {
    if (path.size() < suffix.size() || path.compare(path.size() - suffix.size(), suffix.size(), suffix) != 0)
      return false;
    text.resize(text.size() - suffix.size());
    return true;
  };
  if (take(":ro"))
    upstream.writable = upstream.creatable = false;
  else if (take(":nc"))
    upstream.creatable = false;
  else
    upstream.writeback = take(":writeback");
  auto made = request.make_other(text);
  if (made.file) fail(failure_kind::is_a_file, "upstream \"" + text + "\" is a file not a directory");
  upstream.at = std::move(made.made);
  upstream.usage = std::make_shared<usage_cache>(cache_time);
  return upstream;
}

made_storage make_union(const may_block& on, const storage_request& request) {
  on.check();
  const auto texts = upstream_texts(request);
  union_options options;
  const std::chrono::seconds cache_time{number_setting(request, "cache_time", 120)};
  options.min_free = size_setting(request, "min_free_space", default_min_free);
  auto root = path_within(request.path);

  std::vector<union_upstream> all;
  for (const auto& text : texts) all.push_back(make_upstream(request, text, cache_time));
  if (const auto marked = std::count_if(all.begin(), all.end(), [](const auto& u) { return u.writeback; });
      marked > 1)
    fail(failure_kind::other, "can only have 1 :writeback not " + std::to_string(marked));
  options.action = parse_union_policy(text_setting(request, "action_policy", "epall"));
  options.create = parse_union_policy(text_setting(request, "create_policy", "epmfs"));
  options.search = parse_union_policy(text_setting(request, "search_policy", "ff"));

  // Where the root is a file only the upstreams that hold it are looked at.
  std::vector<union_upstream> with_file;
  if (!root.empty())
    for (const auto& u : all) {
      const auto found = u.at->connect(on)->stat(on, root);
      if (found && found->kind == entry_kind::file) with_file.push_back(u);
    }
  std::optional<std::string> file;
  if (!with_file.empty()) {
    file = leaf_of(root);
    root = parent_of(root);
  }
  auto used = with_file.empty() ? all : std::move(with_file);
  return {std::make_shared<union_storage>(request.name, request.prefix, std::move(root), all, std::move(used),
                                          options, request.log),
          std::move(file)};
}

storage_option policy_option(std::string name, std::string help, std::string default_text) {
  storage_option o;
  o.name = std::move(name);
  o.help = std::move(help);
  o.default_text = std::move(default_text);
  o.type = "string";
  return o;
}

} // namespace

storage_usage usage_cache::get(const may_block& on, session& at) {
  {
    std::lock_guard lock{mutex_};
    if (std::chrono::steady_clock::now() < fresh_until_) return known_;
  }
  if (!at.of().info().features.About) return {};
  storage_usage usage;
  try {
    usage = at.about(on);
  } catch (const failure& why) {
    if (why.kind() == failure_kind::cancelled) throw;
    return {};
  }
  std::lock_guard lock{mutex_};
  known_ = usage;
  fresh_until_ = std::chrono::steady_clock::now() + lifetime_;
  return usage;
}

void usage_cache::stored(std::int64_t bytes, bool created) {
  std::lock_guard lock{mutex_};
  if (known_.used >= 0) known_.used = std::max<std::int64_t>(known_.used + bytes, 0);
  if (known_.free >= 0) known_.free = std::max<std::int64_t>(known_.free - bytes, 0);
  if (known_.objects >= 0 && created) ++known_.objects;
}

union_storage::union_storage(std::string name, std::string prefix, std::string root,
                             const std::vector<union_upstream>& all, std::vector<union_upstream> used,
                             union_options options, logger& log) :
    storage([&] {
      storage_info info;
      info.type = "union";
      info.name = std::move(name);
      info.root = std::move(root);
      info.description = "union root '" + info.root + "'";
      info.config_text = std::move(prefix) + info.root;
      describe_overlay(info, storages_of(all), false);
      return info;
    }()),
    upstreams_(std::move(used)), options_(options),
    connections_(overlay_connection_limit(storages_of(upstreams_))), log_(log) {}

std::unique_ptr<session> union_storage::connect(const may_block&) const {
  return std::make_unique<union_session>(*this);
}

storage_type union_type() {
  storage_type type;
  type.name = "union";
  type.description = "Union merges the contents of several upstream fs";
  type.make = make_union;
  auto upstreams = policy_option(
      "upstreams",
      "The remotes that are shown as one, with blanks between them.\n\nOne with a blank in it stands in "
      "double "
      "quotes. \":ro\" at the end means that it is only read, \":nc\" that nothing new is put there, "
      "\":writeback\" that what is read from another one is copied there first.",
      "");
  upstreams.required = true;
  auto cache_time =
      policy_option("cache_time",
                    "For how many seconds used and free space are taken as known.\n\nOnly for policies that "
                    "look at them.",
                    "120");
  cache_time.type = "int";
  auto min_free =
      policy_option("min_free_space", "What must be free for lfs and eplfs to consider a remote.", "1Gi");
  min_free.type = "SizeSuffix";
  min_free.advanced = true;
  type.options = {
      std::move(upstreams),
      policy_option("action_policy", "Which remotes a change of something that exists concerns.", "epall"),
      policy_option("create_policy", "Which remotes new files and folders are put to.", "epmfs"),
      policy_option("search_policy", "Which remote is shown where several have something of one name.", "ff"),
      std::move(cache_time),
      std::move(min_free),
  };
  return type;
}

} // namespace argosy
