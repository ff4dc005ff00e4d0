#include "actors/links/remote_maker.hpp"

#include <algorithm>

#include <openssl/evp.h>

#include "core/failure.hpp"
#include "core/remote_name.hpp"

namespace argosy {

namespace {

/// Remotes that point at remotes: a circle would never end.
constexpr int deepest_nesting = 32;

/// `{xxxxx}`: tells twins with other parameters apart, in names and in the cache (2.7).
std::string override_suffix(const remote_name& remote) {
  if (remote.parameters.empty()) return {};
  auto sorted = remote.parameters;
  std::sort(sorted.begin(), sorted.end());
  std::string canonical;
  for (const auto& [key, value] : sorted) canonical += (canonical.empty() ? "" : ",") + key + "=" + value;
  unsigned char digest[EVP_MAX_MD_SIZE];
  EVP_Digest(canonical.data(), canonical.size(), digest, nullptr, EVP_md5(), nullptr);
  unsigned char text[32];
  EVP_EncodeBlock(text, digest, 16);
  std::string five(reinterpret_cast<char*>(text), 5);
  std::replace(five.begin(), five.end(), '+', '-');
  std::replace(five.begin(), five.end(), '/', '_');
  return "{" + five + "}";
}

} // namespace

made_storage remote_maker::make(const may_block& on, const std::string& fs,
                                const main_options& options) const {
  return make_nested(on, fs, options, 0);
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
  const auto* row = table_.find(type);
  if (row == nullptr) fail(failure_kind::other, "didn't find backend called \"" + type + "\"");

  const auto option = [&](std::string_view key) -> std::optional<std::string> {
    for (auto p = remote.parameters.rbegin(); p != remote.parameters.rend(); ++p)
      if (p->first == key) return p->second;
    // Flags of the local storage carry no prefix: --copy-links.
    for (const auto& name : {type + "_" + std::string{key}, std::string{key}})
      if (const auto flag = flags_.find(name); flag != flags_.end()) return flag->second;
    return config_.use(on, [&](config_store& store) -> std::optional<std::string> {
      if (!remote.inline_backend && !remote.is_local_path())
        if (auto value = store.remote_option(remote.name, key)) return value;
      return store.backend_option(type, key);
    });
  };
  const auto name = remote.is_local_path()
                        ? std::string{"local"}
                        : (remote.inline_backend ? ":" : "") + remote.name + override_suffix(remote);
  const storage_request request{name,
                                remote.is_local_path() ? std::string{} : remote.prefix(),
                                remote.path,
                                option,
                                options,
                                table_,
                                [&](const std::string& other) {
                                  auto inner = make_nested(on, other, options, depth + 1);
                                  return inner;
                                },
                                log_};
  return row->make(on, request);
}

} // namespace argosy
