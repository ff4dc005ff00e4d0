#include "actors/links/remote_options.hpp"

#include <algorithm>

#include <openssl/evp.h>

#include "core/base64.hpp"
#include "core/failure.hpp"

namespace argosy {

namespace {

/// The value in quotes, as in a connection string.
std::string quoted(const std::string& value) {
  std::string out = "'";
  for (const char c : value) out.append(c == '\'' ? 2 : 1, c);
  return out += '\'';
}

} // namespace

std::string flag_name_of(const storage_type& type, const storage_option& option) {
  return option.no_prefix ? option.name : type.name + "_" + option.name;
}

remote_options::remote_options(const remote_name& remote, const storage_type& type,
                               const std::map<std::string, std::string>& flags, config_store& store) {
  const bool named = !remote.inline_backend && !remote.is_local_path();
  if (named) {
    const auto& file = store.load();
    for (const auto& key : file.keys(remote.name)) {
      if (auto value = file.get(remote.name, key); value && !value->empty()) values_[key] = std::move(*value);
    }
  }
  for (const auto& [key, value] : remote.parameters) values_[key] = value;
  for (const auto& option : type.options) {
    const auto given = std::find_if(remote.parameters.rbegin(), remote.parameters.rend(),
                                    [&](const auto& p) { return p.first == option.name; });
    std::optional<std::string> value;
    if (given != remote.parameters.rend()) value = given->second;
    if (const auto flag = flags.find(flag_name_of(type, option)); !value && flag != flags.end())
      value = flag->second;
    if (!value && named) value = store.environment_option(remote.name, option.name);
    if (!value) value = store.backend_option(type.name, option.name);
    if (!value && option.no_prefix) value = store.global_option(option.name);
    if (!value) {
      // A section a.b takes from a what it lacks.
      if (named && values_.find(option.name) == values_.end())
        if (auto inherited = store.load().get(remote.name, option.name); inherited && !inherited->empty())
          values_[option.name] = std::move(*inherited);
      continue;
    }
    overrides_[option.name] = *value;
    // Where the empty text is no value it means "not set".
    if (value->empty() && option.type != "string") {
      values_.erase(option.name);
    } else {
      values_[option.name] = std::move(*value);
    }
  }
}

std::optional<std::string> remote_options::get(std::string_view key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

std::string remote_options::suffix() const {
  if (overrides_.empty()) return {};
  std::string canonical;
  for (const auto& [key, value] : overrides_)
    canonical += (canonical.empty() ? "" : ",") + key + "=" + quoted(value);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(canonical.data(), canonical.size(), digest, &size, EVP_md5(), nullptr) != 1)
    fail(failure_kind::other, "MD5 failed");
  constexpr std::size_t shown = 5;
  const auto text = to_base64({reinterpret_cast<const char*>(digest), size}, base64_form::url_unpadded);
  return "{" + text.substr(0, shown) + "}";
}

void remote_options::apply_to(main_options& options) const {
  for (const std::string_view prefix : {"global.", "override."}) {
    for (auto i = values_.lower_bound(prefix); i != values_.end(); ++i) {
      const std::string_view key = i->first;
      if (key.substr(0, prefix.size()) != prefix) break;
      const std::string name{key.substr(prefix.size())};
      // Unknown ones are passed over, as rclone does.
      if (main_option_table().find(name) != nullptr) set_from_text(options, name, i->second);
    }
  }
}

} // namespace argosy
