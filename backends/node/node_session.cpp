#include "backends/node/node_session.hpp"

#include <utility>

#include "backends/node/node_objects.hpp"

namespace argosy {

const std::shared_ptr<node_client>& node_session::client(const may_block& on) {
  if (client_ && !client_->gone()) return client_;
  auto made = std::make_shared<node_client>(node_.nodes().connect(on, node_.node()));
  made->ask(on, frame_writer{frame_kind::begin}.text(node_.root()).take(), {});
  client_ = std::move(made);
  return client_;
}

void node_session::ask(const may_block& on, frame_writer&& request, const node_client::taker& read) {
  const auto with = client(on);
  with->ask(on, request.take(), read);
}

frame_writer node_session::about_path(frame_kind kind, const std::string& path) const {
  show(path);
  return std::move(frame_writer{kind}.text(path));
}

void node_session::list(const may_block& on, const std::string& directory, const page_sink& page) {
  ask(on, about_path(frame_kind::list, directory), [&](frame_reader& said) {
    if (said.kind() != frame_kind::page) return;
    listing entries;
    while (!said.at_end()) {
      const auto kind = said.truth() ? entry_kind::directory : entry_kind::file;
      const auto size = said.number();
      const auto modified = said.number();
      entries.add(said.view(), kind, size, modified);
    }
    page(std::move(entries));
  });
}

std::optional<object_info> node_session::stat(const may_block& on, const std::string& path) {
  std::optional<object_info> found;
  ask(on, about_path(frame_kind::stat, path), [&](frame_reader& said) {
    if (said.truth()) found = read_object_info(said);
  });
  return found;
}

std::unique_ptr<object_source> node_session::open(const may_block& on, const std::string& path,
                                                  std::int64_t offset, std::int64_t length) {
  show(path);
  return open_on_node(on, client(on), path, offset, length);
}

void node_session::require_unchanged(const may_block& on, const copy_request& request) {
  frame_writer frame{frame_kind::require_unchanged};
  write(frame, request);
  ask(on, std::move(frame));
}

std::unique_ptr<object_sink> node_session::create(const may_block& on, const put_request& request) {
  show(request.path);
  return create_on_node(on, client(on), request);
}

std::unique_ptr<chunked_object> node_session::create_chunked(const may_block& on, const put_request& request,
                                                             std::int64_t chunk_size) {
  show(request.path);
  return create_chunked_on_node(on, client(on), request, chunk_size);
}

void node_session::remove(const may_block& on, const std::string& path) {
  ask(on, about_path(frame_kind::remove, path));
}

void node_session::make_directory(const may_block& on, const std::string& path) {
  ask(on, about_path(frame_kind::make_directory, path));
}

void node_session::remove_directory(const may_block& on, const std::string& path) {
  ask(on, about_path(frame_kind::remove_directory, path));
}

void node_session::set_modified(const may_block& on, const std::string& path, nanoseconds modified) {
  ask(on, std::move(about_path(frame_kind::set_modified, path).number(modified)));
}

void node_session::set_directory_modified(const may_block& on, const std::string& path,
                                          nanoseconds modified) {
  ask(on, std::move(about_path(frame_kind::set_directory_modified, path).number(modified)));
}

std::string node_session::hash(const may_block& on, const std::string& path, hash_type type) {
  std::string hex;
  ask(on, std::move(about_path(frame_kind::hash, path).number(static_cast<std::int64_t>(type))),
      [&](frame_reader& said) { hex = said.text(); });
  return hex;
}

bool node_session::copy_from(const may_block& on, session& other, const copy_request& request,
                             const copy_policy& policy) {
  const auto* source = dynamic_cast<const node_session*>(&other);
  if (source == nullptr || source->node_.node() != node_.node()) return false;
  auto frame = about_path(frame_kind::copy, source->node_.root());
  write(frame, request);
  write(frame, policy);
  bool copied = false;
  ask(on, std::move(frame), [&](frame_reader& said) { copied = said.truth(); });
  return copied;
}

bool node_session::move(const may_block& on, session& other, frame_kind how, const std::string& from,
                        const std::string& to) {
  const auto* source = dynamic_cast<const node_session*>(&other);
  if (source == nullptr || source->node_.node() != node_.node()) return false;
  bool moved = false;
  ask(on, std::move(about_path(how, source->node_.root()).text(from).text(to)),
      [&](frame_reader& said) { moved = said.truth(); });
  return moved;
}

bool node_session::move_from(const may_block& on, session& other, const std::string& from,
                             const std::string& to) {
  return move(on, other, frame_kind::move, from, to);
}

bool node_session::move_directory_from(const may_block& on, session& other, const std::string& from,
                                       const std::string& to) {
  return move(on, other, frame_kind::move_directory, from, to);
}

storage_usage node_session::about(const may_block& on) {
  storage_usage usage;
  ask(on, frame_writer{frame_kind::about}, [&](frame_reader& said) {
    usage.total = said.number();
    usage.used = said.number();
    usage.free = said.number();
  });
  return usage;
}

std::map<std::string, std::string> node_session::metadata(const may_block& on, const std::string& path) {
  std::map<std::string, std::string> found;
  ask(on, about_path(frame_kind::metadata, path), [&](frame_reader& said) { found = said.map(); });
  return found;
}

void node_session::set_directory_metadata(const may_block& on, const std::string& path,
                                          const std::map<std::string, std::string>& metadata) {
  ask(on, std::move(about_path(frame_kind::set_directory_metadata, path).map(metadata)));
}

} // namespace argosy
