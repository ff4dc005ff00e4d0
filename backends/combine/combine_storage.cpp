#include "backends/combine/combine_storage.hpp"

#include <algorithm>
#include <utility>

#include "backends/combine/combine_session.hpp"
#include "backends/overlay.hpp"
#include "backends/setting_values.hpp"
#include "backends/wrapping.hpp"
#include "core/csv_record.hpp"
#include "core/go_text.hpp"
#include "core/object_path.hpp"

namespace argosy {

namespace {

storage_list storages_of(const combine_storage::folders& upstreams) {
  storage_list out;
  for (const auto& [name, upstream] : upstreams) out.push_back(upstream.get());
  return out;
}

// What combine can beside what all storages over several others can.
void add_abilities(storage_features& features, const storage_list& over) {
  const auto all = [&](bool storage_features::*ability) {
    return std::all_of(over.begin(), over.end(), [=](const auto* s) { return s->info().features.*ability; });
  };
  const auto any = [&](bool storage_features::*ability) {
    return std::any_of(over.begin(), over.end(), [=](const auto* s) { return s->info().features.*ability; });
  };
  for (const auto ability : {&storage_features::PublicLink, &storage_features::PutUnchecked,
                             &storage_features::MergeDirs, &storage_features::OpenWriterAt})
    features.*ability = all(ability);
  for (const auto ability :
       {&storage_features::Purge, &storage_features::Shutdown, &storage_features::DirCacheFlush,
        &storage_features::CleanUp, &storage_features::ChangeNotify})
    features.*ability = any(ability);
}

std::shared_ptr<storage> make_upstream(const storage_request& request, const std::string& remote) {
  const auto made = [&] {
    try {
      return request.make_other(remote);
    } catch (const failure& why) {
      throw why.within("failed to create upstream " + go_quote(remote));
    }
  }();
  if (made.file)
    fail(failure_kind::is_a_file,
         "can't combine files yet, only directories " + go_quote(remote) + ": is a file not a directory");
  return made.made;
}

made_storage make_combine(const may_block& on, const storage_request& request) {
  on.check();
  const auto texts = read_csv_record(text_setting(request, "upstreams"), ' ');
  if (texts.empty())
    fail(failure_kind::other,
         "combine can't point to an empty upstream - check the value of the upstreams setting");
  for (const auto& text : texts)
    if (text.compare(0, request.name.size() + 1, request.name + ":") == 0)
      fail(failure_kind::other,
           "can't point combine remote at itself - check the value of the upstreams setting");
  combine_storage::folders upstreams;
  for (const auto& text : texts) {
    const auto equal = text.find('=');
    const auto wrong = [&](const char* what) {
      fail(failure_kind::other, std::string{what} + " in upstream definition " + go_quote(text));
    };
    if (equal == std::string::npos) wrong("no \"=\"");
    const auto folder = text.substr(0, equal), remote = text.substr(equal + 1);
    if (folder.empty()) wrong("empty dir");
    if (remote.empty()) wrong("empty remote");
    if (folder.find('/') != std::string::npos)
      fail(failure_kind::other, "dirs can't contain / (yet): " + go_quote(folder));
    if (!upstreams.emplace(folder, make_upstream(request, remote)).second)
      fail(failure_kind::other, "duplicate directory name " + go_quote(folder));
  }

  auto root = trimmed_root(request.path);
  const auto make = [&](const std::string& at) {
    return std::make_shared<combine_storage>(request.name, request.prefix, at, upstreams);
  };
  auto made = make(root);
  // A slash at the end says that it is a directory.
  if (root.empty() || request.path.back() == '/') return {std::move(made)};
  const auto found = made->connect(on)->stat(on, "");
  if (!found || found->kind == entry_kind::directory) return {std::move(made)};
  return {make(parent_of(root)), std::string{leaf_of(root)}};
}

} // namespace

combine_storage::combine_storage(std::string name, std::string prefix, std::string root, folders upstreams) :
    storage([&] {
      storage_info info;
      info.type = "combine";
      info.name = std::move(name);
      info.root = std::move(root);
      info.description = "combine root '" + info.root + "'";
      info.config_text = std::move(prefix) + info.root;
      const auto over = storages_of(upstreams);
      describe_overlay(info, over, true);
      add_abilities(info.features, over);
      return info;
    }()),
    upstreams_(std::move(upstreams)), connections_(overlay_connection_limit(storages_of(upstreams_))),
    made_at_(now()) {}

std::unique_ptr<session> combine_storage::connect(const may_block&) const {
  return std::make_unique<combine_session>(*this);
}

storage_type combine_type() {
  storage_type type;
  type.name = "combine";
  type.description = "Combine several remotes into one";
  type.make = make_combine;
  storage_option upstreams;
  upstreams.name = "upstreams";
  upstreams.help = "The folders and what is in them: \"folder=remote:path other=remote2:path\".\n\nBlanks "
                   "stand between them; one with a blank in it is put in double quotes as a whole.";
  upstreams.type = "SpaceSepList";
  upstreams.required = true;
  type.options.push_back(std::move(upstreams));
  return type;
}

} // namespace argosy
