#include "backends/crypt/crypt_session.hpp"

#include <utility>

#include "backends/crypt/content_cipher.hpp"
#include "backends/operations.hpp"
#include "core/go_text.hpp"

namespace argosy {

crypt_session::crypt_session(const crypt_storage& s, std::unique_ptr<session> inner) :
    session(s), crypt_(s), inner_(std::move(inner)), names_(s.options().names, s.options().keys) {}

crypt_session* crypt_session::twin(session& other) const {
  auto* from = dynamic_cast<crypt_session*>(&other);
  if (from == nullptr) return nullptr;
  const auto &a = from->options(), &b = options();
  const bool same = a.encrypt_data == b.encrypt_data && (!a.encrypt_data || a.keys.data == b.keys.data);
  return same ? from : nullptr;
}

bool crypt_session::same_names(const crypt_session& other) const {
  const auto &a = other.options(), &b = options();
  return a.names == b.names && a.keys.name == b.keys.name && a.keys.tweak == b.keys.tweak;
}

std::int64_t crypt_session::shown_size(std::int64_t stored, std::string_view name) const {
  if (!options().encrypt_data || stored < 0) return stored;
  try {
    return crypt::decrypted_size(stored);
  } catch (const failure& why) {
    if (crypt_.log().enabled(log_level::debug))
      crypt_.log().write(log_level::debug, std::string{name} + ": Bad size for decrypt: " + why.what());
    return 0;
  }
}

std::string crypt_session::path_of_either(const may_block& on, const std::string& path) {
  auto directory = names_.encrypt_directory(path);
  if (path.empty() || names_.same_for_directories()) return directory;
  auto file = names_.encrypt_file(path);
  const auto found = inner_->stat(on, file);
  return found && found->kind == entry_kind::file ? file : directory;
}

template <class Work>
auto crypt_session::on_file(const may_block& on, const std::string& path, Work work) {
  try {
    return work(names_.encrypt_file(path));
  } catch (const failure& why) {
    if (why.kind() != failure_kind::object_not_found || names_.same_for_directories()) throw;
    const auto found = inner_->stat(on, names_.encrypt_directory(path));
    if (!found || found->kind == entry_kind::file) throw;
    fail(failure_kind::is_a_directory, "is a directory not a file");
  }
}

bool crypt_session::closed_by_peer() const noexcept { return inner_->closed_by_peer(); }

void crypt_session::list(const may_block& on, const std::string& directory, const page_sink& page) {
  const auto inner_directory = names_.encrypt_directory(directory);
  std::size_t bad = 0;
  std::string first_bad;
  const auto decrypt = [&](const entry_view& entry) -> std::optional<std::string> {
    const bool is_file = entry.kind == entry_kind::file;
    std::optional<std::string> name;
    try {
      name = is_file ? names_.decrypt_file(entry.name) : names_.decrypt_directory(entry.name);
    } catch (const failure& why) {
      const auto path = path_below(inner_directory, entry.name);
      const std::string kind = is_file ? "file" : "dir";
      if (options().strict_names) {
        if (bad++ == 0) first_bad = path + ": undecryptable " + kind + " name detected: " + why.what();
      } else {
        crypt_.log().write(log_level::notice,
                           path + ": Skipping undecryptable " + kind + " name: " + why.what());
      }
    }
    if (name && options().show_mapping)
      crypt_.log().write(log_level::notice, path_below(directory, *name) + ": Encrypts to " +
                                                go_quote(path_below(inner_directory, entry.name)));
    return name;
  };
  inner_->list(on, inner_directory, [&](listing&& encrypted) {
    listing shown;
    shown.reserve(encrypted.size(), encrypted.bytes() / 2);
    for (std::size_t i = 0; i < encrypted.size(); ++i) {
      const auto entry = encrypted[i];
      if (const auto name = decrypt(entry))
        shown.add(*name, entry.kind,
                  entry.kind == entry_kind::file ? shown_size(entry.size, *name) : entry.size,
                  entry.modified);
    }
    if (!shown.empty()) page(std::move(shown));
  });
  if (bad > 0)
    fail(failure_kind::other,
         "there were " + std::to_string(bad) + " undecryptable name errors. first error: " + first_bad);
}

std::optional<object_info> crypt_session::stat(const may_block& on, const std::string& path) {
  const bool same = path.empty() || names_.same_for_directories();
  if (!same) {
    auto found = inner_->stat(on, names_.encrypt_file(path));
    if (found && found->kind == entry_kind::file) {
      found->size = shown_size(found->size, path);
      found->mime_type.clear();
      return found;
    }
  }
  auto found = inner_->stat(on, names_.encrypt_directory(path));
  if (!found || found->kind == entry_kind::directory) return found;
  if (!same) return std::nullopt;
  found->size = shown_size(found->size, path);
  found->mime_type.clear();
  return found;
}

std::unique_ptr<object_source> crypt_session::open(const may_block& on, const std::string& path,
                                                   std::int64_t offset, std::int64_t length) {
  return on_file(on, path, [&](const std::string& inner_path) {
    if (!options().encrypt_data) return inner_->open(on, inner_path, offset, length);
    crypt::read_rules rules;
    rules.pass_bad_blocks = options().pass_bad_blocks;
    rules.log = &crypt_.log();
    rules.name = path;
    return crypt::open_decrypted(
        on, [&](std::int64_t from, std::int64_t size) { return inner_->open(on, inner_path, from, size); },
        options().keys, offset, length, std::move(rules));
  });
}

std::unique_ptr<object_sink> crypt_session::create(const may_block& on, const put_request& request) {
  auto inner = request;
  inner.path = names_.encrypt_file(request.path);
  inner.mime_type.clear();
  inner.hashes = {};
  if (!options().encrypt_data) return inner_->create(on, inner);
  if (request.size >= 0) inner.size = crypt::encrypted_size(request.size);
  // A hash that the wrapped storage computes of what arrived there. One that is computed here of what is
  // still in memory would prove nothing.
  const auto& stored_at = crypt_.inner().info();
  const auto checked = stored_at.features.SlowHash ? hash_type::none : stored_at.hashes.first();
  if (checked != hash_type::none) inner.hashes = checked;
  return crypt::encrypt_into(on, inner_->create(on, inner), options().keys, crypt::random_nonce(), checked,
                             stored_at.description);
}

void crypt_session::remove(const may_block& on, const std::string& path) {
  on_file(on, path, [&](const std::string& inner_path) { inner_->remove(on, inner_path); });
}

void crypt_session::make_directory(const may_block& on, const std::string& path) {
  inner_->make_directory(on, names_.encrypt_directory(path));
}

void crypt_session::remove_directory(const may_block& on, const std::string& path) {
  inner_->remove_directory(on, names_.encrypt_directory(path));
}

void crypt_session::set_modified(const may_block& on, const std::string& path, nanoseconds modified) {
  on_file(on, path, [&](const std::string& inner_path) { inner_->set_modified(on, inner_path, modified); });
}

void crypt_session::set_directory_modified(const may_block& on, const std::string& path,
                                           nanoseconds modified) {
  if (!of().info().features.DirSetModTime) return session::set_directory_modified(on, path, modified);
  inner_->set_directory_modified(on, names_.encrypt_directory(path), modified);
}

std::string crypt_session::hash(const may_block& on, const std::string& path, hash_type) {
  (void)require_object(on, *this, path);
  return {};
}

bool crypt_session::copy_from(const may_block& on, session& other, const copy_request& request,
                              const copy_policy& policy) {
  auto* from = twin(other);
  if (from == nullptr || !crypt_.inner().info().features.Copy) return false;
  auto inner = request;
  inner.from = from->names_.encrypt_file(request.from);
  inner.to = names_.encrypt_file(request.to);
  auto size = request.size;
  if (options().encrypt_data && size >= 0) inner.size = crypt::encrypted_size(size);
  // The wrapped storage would count what is encrypted.
  const auto silent = on.for_listener(nullptr);
  if (!inner_->copy_from(silent, *from->inner_, inner, policy)) return false;
  if (size < 0)
    if (const auto copied = stat(on, request.to)) size = copied->size;
  if (size > 0) on.account_free(static_cast<std::uint64_t>(size));
  return true;
}

bool crypt_session::move_from(const may_block& on, session& other, const std::string& from,
                              const std::string& to) {
  auto* source = twin(other);
  return source != nullptr && crypt_.inner().info().features.Move &&
         inner_->move_from(on, *source->inner_, source->names_.encrypt_file(from), names_.encrypt_file(to));
}

bool crypt_session::move_directory_from(const may_block& on, session& other, const std::string& from,
                                        const std::string& to) {
  auto* source = twin(other);
  return source != nullptr && same_names(*source) && crypt_.inner().info().features.DirMove &&
         inner_->move_directory_from(on, *source->inner_, source->names_.encrypt_directory(from),
                                     names_.encrypt_directory(to));
}

bool crypt_session::purge(const may_block& on, const std::string& directory) {
  return inner_->purge(on, names_.encrypt_directory(directory));
}

storage_usage crypt_session::about(const may_block& on) {
  if (!of().info().features.About) return session::about(on);
  return inner_->about(on);
}

void crypt_session::clean_up(const may_block& on) {
  if (!of().info().features.CleanUp) return session::clean_up(on);
  inner_->clean_up(on);
}

std::string crypt_session::public_link(const may_block& on, const std::string& path, std::int64_t expire,
                                       bool unlink) {
  if (!of().info().features.PublicLink) return session::public_link(on, path, expire, unlink);
  return inner_->public_link(on, path_of_either(on, path), expire, unlink);
}

std::map<std::string, std::string> crypt_session::metadata(const may_block& on, const std::string& path) {
  return inner_->metadata(on, path_of_either(on, path));
}

void crypt_session::set_directory_metadata(const may_block& on, const std::string& path,
                                           const std::map<std::string, std::string>& metadata) {
  if (!of().info().features.WriteDirMetadata) return session::set_directory_metadata(on, path, metadata);
  inner_->set_directory_metadata(on, names_.encrypt_directory(path), metadata);
}

void crypt_session::set_tier(const may_block& on, const std::string& path, const std::string& tier) {
  inner_->set_tier(on, names_.encrypt_file(path), tier);
}

json crypt_session::command(const may_block& on, const std::string& name,
                            const std::map<std::string, std::string>&,
                            const std::vector<std::string>& arguments) {
  on.check();
  auto names = json::array();
  if (name == "encode") {
    for (const auto& argument : arguments) names.push_back(names_.encrypt_file(argument));
  } else if (name == "decode") {
    for (const auto& argument : arguments) {
      try {
        names.push_back(names_.decrypt_file(argument));
      } catch (const failure& why) {
        throw why.within("failed to decrypt: " + argument);
      }
    }
  } else {
    fail(failure_kind::other, "command not found");
  }
  return names;
}

} // namespace argosy
