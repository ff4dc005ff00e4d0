#include "actors/links/remote_maker.hpp"

#include "actors/links/remote_options.hpp"
#include "backends/bridge/bridge.hpp"
#include "backends/setting_values.hpp"
#include "core/failure.hpp"
#include "core/remote_name.hpp"

namespace argosy {

namespace {

/// Remotes that point at remotes: a circle would never end.
constexpr int deepest_nesting = 32;

} // namespace

made_storage remote_maker::make(const may_block& on, const std::string& fs,
                                const main_options& options) const {
  return make_nested(on, fs, options, 0);
}

const storage_type* remote_maker::find_type(const may_block& on, const std::string& type) const {
  const auto* own = table_.find(type);
  if (own != nullptr || others_ == nullptr) return own;
  return others_->find(on, type);
}

std::vector<const storage_type*> remote_maker::other_types(const may_block& on) const {
  std::vector<const storage_type*> all;
  if (others_ == nullptr) return all;
  try {
    for (const auto& other : others_->types(on))
      if (table_.find(other.name) == nullptr) all.push_back(&other);
  } catch (const failure& why) {
    if (why.kind() == failure_kind::cancelled) throw;
    log_.write(log_level::debug, std::string{"rclone does not tell its types of storages: "} + why.what());
  }
  return all;
}

made_storage remote_maker::make_nested(const may_block& on, const std::string& fs,
                                       const main_options& options, int depth) const {
  if (depth > deepest_nesting) fail(failure_kind::other, "remote \"" + fs + "\" points at itself");
  on.check();
  const auto remote = remote_name::parse(fs);
  std::string type = "local";
  if (remote.inline_backend) {
    type = remote.name;
  } else if (!remote.is_local_path()) {
    const auto found = config_.use(on, [&](config_store& store) -> std::optional<std::string> {
      store.load();
      return store.remote_option(remote.name, "type");
    });
    if (!found) fail(failure_kind::other, "didn't find section in config file (\"" + remote.name + "\")");
    type = *found;
  }
  const auto unknown = "didn't find backend called \"" + type + "\"";
  const storage_type* row = nullptr;
  try {
    row = find_type(on, type);
  } catch (const failure& why) {
    if (why.kind() == failure_kind::cancelled) throw;
    throw why.within(unknown);
  }
  if (row == nullptr) fail(failure_kind::other, unknown);

  const auto chosen = config_.use(on, [&](config_store& store) {
    return remote_options{remote, *row, flags_, store};
  });
  const auto name =
      (remote.is_local_path() ? std::string{"local"} : (remote.inline_backend ? ":" : "") + remote.name) +
      chosen.suffix();
  auto own_options = options;
  chosen.apply_to(own_options);
  const storage_request request{
      name,
      remote.is_local_path() ? std::string{} : remote.prefix(),
      remote.path,
      [&chosen](std::string_view key) { return chosen.get(key); },
      own_options,
      table_,
      [&](const std::string& other) { return make_nested(on, other, own_options, depth + 1); },
      log_,
      net_};
  check_settings(request, row->options);
  return row->make(on, request);
}

} // namespace argosy
