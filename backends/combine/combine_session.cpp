#include "backends/combine/combine_session.hpp"

#include <algorithm>

#include <utility>

#include "backends/walk.hpp"
#include "core/go_text.hpp"

namespace argosy {

combine_session::combine_session(const combine_storage& s) : session(s), combine_(s) {
  for (const auto& [name, upstream] : s.upstreams()) sessions_.emplace(name, lazy_session{*upstream});
}

combine_session::place combine_session::find(const std::string& path) {
  const auto& root = of().info().root;
  const auto whole = path.empty() ? root : path_below(root, path);
  place out;
  if (whole.empty()) {
    out.top = true;
    return out;
  }
  const auto slash = whole.find('/');
  const auto upstream = sessions_.find(whole.substr(0, slash));
  if (upstream == sessions_.end()) return out;
  out.upstream = &upstream->second;
  if (slash != std::string::npos) out.path = whole.substr(slash + 1);
  return out;
}

combine_session::place combine_session::inside(const std::string& path) {
  auto at = find(path);
  if (at.upstream == nullptr)
    fail(failure_kind::directory_not_found, "combine for remote " + go_quote(path) + ": directory not found");
  return at;
}

combine_session::place combine_session::object(const std::string& path) {
  auto at = find(path);
  if (at.top || (at.upstream != nullptr && at.path.empty()))
    fail(failure_kind::is_a_directory, "is a directory not a file");
  if (at.upstream == nullptr) fail(failure_kind::object_not_found, "object not found");
  return at;
}

bool combine_session::closed_by_peer() const noexcept {
  return std::any_of(sessions_.begin(), sessions_.end(),
                     [](const auto& one) { return one.second.closed_by_peer(); });
}

void combine_session::list(const may_block& on, const std::string& directory, const page_sink& page) {
  on.check();
  if (find(directory).top) {
    listing folders;
    for (const auto& [name, upstream] : sessions_)
      folders.add(name, entry_kind::directory, -1, combine_.made_at());
    return page(std::move(folders));
  }
  const auto at = inside(directory);
  at.upstream->open(on).list(on, at.path, page);
}

std::optional<object_info> combine_session::stat(const may_block& on, const std::string& path) {
  on.check();
  const auto at = find(path);
  if (at.upstream != nullptr && !at.path.empty()) return at.upstream->open(on).stat(on, at.path);
  if (!at.top && at.upstream == nullptr) return std::nullopt;
  // An upstream is shown whether its own root exists or not.
  object_info folder;
  folder.kind = entry_kind::directory;
  folder.modified = combine_.made_at();
  return folder;
}

std::unique_ptr<object_source> combine_session::open(const may_block& on, const std::string& path,
                                                     std::int64_t offset, std::int64_t length) {
  const auto at = object(path);
  return at.upstream->open(on).open(on, at.path, offset, length);
}

std::unique_ptr<object_sink> combine_session::create(const may_block& on, const put_request& request) {
  const auto at = inside(request.path);
  if (at.path.empty()) fail(failure_kind::is_a_directory, "is a directory not a file");
  auto inner = request;
  inner.path = at.path;
  auto& upstream = at.upstream->open(on);
  const hash_announcement known{upstream, announced()};
  return upstream.create(on, inner);
}

// Written by the sessions of an upstream that stand behind those of the combine.
class combine_session::chunks final : public chunked_object {
public:
  chunks(std::unique_ptr<chunked_object> inner, std::string path) :
      chunked_object(inner->chunk_size(), inner->streams()), inner_(std::move(inner)),
      path_(std::move(path)) {}
  std::unique_ptr<chunk_sink> open(const may_block& on, session& by, const chunk_range& range) override {
    return inner_->open(on, behind(on, by), range);
  }
  put_result commit(const may_block& on, session& by,
                    const std::function<void(const put_result&)>& verify) override {
    return inner_->commit(on, behind(on, by), verify);
  }
  void abandon(const may_block& on, session& by) noexcept override {
    try {
      inner_->abandon(on, behind(on, by));
    } catch (const failure&) {
      // It cannot be reached: nothing can be cleaned up there.
    }
  }

private:
  session& behind(const may_block& on, session& by) const {
    return dynamic_cast<combine_session&>(by).inside(path_).upstream->open(on);
  }
  std::unique_ptr<chunked_object> inner_;
  const std::string path_;
};

std::unique_ptr<chunked_object>
combine_session::create_chunked(const may_block& on, const put_request& request, std::int64_t chunk_size) {
  const auto at = inside(request.path);
  if (at.path.empty()) fail(failure_kind::is_a_directory, "is a directory not a file");
  auto inner = request;
  inner.path = at.path;
  auto& upstream = at.upstream->open(on);
  const hash_announcement known{upstream, announced()};
  auto object = upstream.create_chunked(on, inner, chunk_size);
  return object ? std::make_unique<chunks>(std::move(object), request.path) : nullptr;
}

void combine_session::remove(const may_block& on, const std::string& path) {
  const auto at = object(path);
  at.upstream->open(on).remove(on, at.path);
}

void combine_session::make_directory(const may_block& on, const std::string& path) {
  on.check();
  if (find(path).top) return;
  const auto at = inside(path);
  at.upstream->open(on).make_directory(on, at.path);
}

void combine_session::remove_directory(const may_block& on, const std::string& path) {
  on.check();
  if (find(path).top) return;
  const auto at = inside(path);
  at.upstream->open(on).remove_directory(on, at.path);
}

void combine_session::set_modified(const may_block& on, const std::string& path, nanoseconds modified) {
  const auto at = object(path);
  at.upstream->open(on).set_modified(on, at.path, modified);
}

void combine_session::set_directory_modified(const may_block& on, const std::string& path,
                                             nanoseconds modified) {
  if (!of().info().features.DirSetModTime) return session::set_directory_modified(on, path, modified);
  if (find(path).top) return;
  const auto at = inside(path);
  // The folder of an upstream keeps the time at which it was made.
  if (!at.path.empty()) at.upstream->open(on).set_directory_modified(on, at.path, modified);
}

std::string combine_session::hash(const may_block& on, const std::string& path, hash_type type) {
  const auto at = object(path);
  return at.upstream->open(on).hash(on, at.path, type);
}

bool combine_session::copy_from(const may_block& on, session& other, const copy_request& request,
                                const copy_policy& policy) {
  auto* source = dynamic_cast<combine_session*>(&other);
  if (source == nullptr) return false;
  const auto from = source->object(request.from), to = inside(request.to);
  if (to.path.empty()) return false;
  auto inner = request;
  inner.from = from.path;
  inner.to = to.path;
  return copy_within(on, from.upstream->open(on), to.upstream->open(on), inner, policy);
}

bool combine_session::move_from(const may_block& on, session& other, const std::string& from,
                                const std::string& to) {
  auto* source = dynamic_cast<combine_session*>(&other);
  if (source == nullptr) return false;
  const auto old_place = source->object(from), new_place = inside(to);
  return !new_place.path.empty() && move_within(on, old_place.upstream->open(on),
                                                new_place.upstream->open(on), old_place.path, new_place.path);
}

bool combine_session::move_directory_from(const may_block& on, session& other, const std::string& from,
                                          const std::string& to) {
  auto* source = dynamic_cast<combine_session*>(&other);
  if (source == nullptr) return false;
  const auto old_place = source->inside(from), new_place = inside(to);
  // A whole upstream stays where it is.
  return !old_place.path.empty() && !new_place.path.empty() &&
         move_directory_within(on, old_place.upstream->open(on), new_place.upstream->open(on), old_place.path,
                               new_place.path);
}

bool combine_session::purge(const may_block& on, const std::string& directory) {
  if (find(directory).top) return false;
  const auto at = inside(directory);
  return at.upstream->open(on).purge(on, at.path);
}

storage_usage combine_session::about(const may_block& on) {
  if (!of().info().features.About) return session::about(on);
  storage_usage sum{0, 0, 0, 0, 0, 0};
  for (auto& [name, upstream] : sessions_) {
    try {
      add_usage(sum, upstream.open(on).about(on));
    } catch (const failure& why) {
      if (why.kind() != failure_kind::directory_not_found) throw;
    }
  }
  return sum;
}

void combine_session::clean_up(const may_block& on) {
  if (!of().info().features.CleanUp) return session::clean_up(on);
  for (auto& [name, upstream] : sessions_)
    if (upstream.of().info().features.CleanUp) upstream.open(on).clean_up(on);
}

std::string combine_session::public_link(const may_block& on, const std::string& path, std::int64_t expire,
                                         bool unlink) {
  if (!of().info().features.PublicLink) return session::public_link(on, path, expire, unlink);
  const auto at = inside(path);
  return at.upstream->open(on).public_link(on, at.path, expire, unlink);
}

std::map<std::string, std::string> combine_session::metadata(const may_block& on, const std::string& path) {
  const auto at = find(path);
  if (at.top) return {};
  if (at.upstream == nullptr) fail(failure_kind::object_not_found, "object not found");
  return at.upstream->open(on).metadata(on, at.path);
}

void combine_session::set_directory_metadata(const may_block& on, const std::string& path,
                                             const std::map<std::string, std::string>& metadata) {
  if (!of().info().features.WriteDirMetadata) return session::set_directory_metadata(on, path, metadata);
  if (find(path).top) return;
  const auto at = inside(path);
  if (!at.path.empty()) at.upstream->open(on).set_directory_metadata(on, at.path, metadata);
}

void combine_session::set_tier(const may_block& on, const std::string& path, const std::string& tier) {
  const auto at = object(path);
  at.upstream->open(on).set_tier(on, at.path, tier);
}

} // namespace argosy
