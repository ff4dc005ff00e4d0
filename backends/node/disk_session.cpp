#include "backends/node/disk_session.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <shared_mutex>
#include <utility>

#include "backends/local/file_io.hpp"
#include "backends/local/local_storage.hpp"
#include "backends/local/sinks.hpp"
#include "core/name_encoding.hpp"

namespace argosy {

namespace {

using namespace std::chrono_literals;

/// Who lists and takes no page for so long does not want them.
constexpr auto page_patience = 60s;
constexpr auto look_at_cancellation = 100ms;

std::string done() { return frame_writer{frame_kind::done}.take(); }
std::string done(std::int64_t number) { return frame_writer{frame_kind::done}.number(number).take(); }

std::string random_name() {
  std::random_device source;
  std::string name;
  for (int i = 0; i < 4; ++i) name += std::to_string(source()) + "-";
  return name;
}

template <class Sink>
in_two_steps& steps_of(Sink& sink) {
  auto* const steps = dynamic_cast<in_two_steps*>(&sink);
  if (steps == nullptr) fail(failure_kind::unsupported, "this object has no two steps");
  return *steps;
}

} // namespace

struct disk_server::shared_object {
  std::shared_mutex mutex;              // shared by those who write chunks
  std::unique_ptr<chunked_object> file; // null: has ended
};

struct disk_session::object {
  std::unique_ptr<object_source> source;
  std::unique_ptr<object_sink> sink;
  std::shared_ptr<disk_server::shared_object> chunked; // begun here
  std::shared_ptr<disk_server::shared_object> target;  // that `chunk` belongs to
  std::unique_ptr<chunk_sink> chunk;

  ~object() {
    if (!chunked) return;
    const std::unique_lock lock{chunked->mutex};
    chunked->file.reset(); // removes what was not named
  }
};

std::shared_ptr<local_storage> disk_server::storage_at(const std::string& root) const {
  const auto path = disk_from_standard(clean_disk_path(root));
  auto bounds = exports_.bounds_of(path);
  return std::make_shared<local_storage>("local", standard_from_disk(path), path, local_options{}, log_,
                                         std::move(bounds));
}

std::shared_ptr<disk_server::shared_object> disk_server::find(const std::string& name) {
  const std::lock_guard lock{mutex_};
  const auto found = objects_.find(name);
  auto there = found == objects_.end() ? nullptr : found->second.lock();
  if (!there) fail(failure_kind::no_retry, "the object that the chunk belongs to is gone");
  return there;
}

disk_session::disk_session(disk_server& server) : server_(server) {}

disk_session::~disk_session() {
  objects_.clear();
  const std::lock_guard lock{server_.mutex_};
  for (auto at = server_.objects_.begin(); at != server_.objects_.end();)
    at = at->second.expired() ? server_.objects_.erase(at) : std::next(at);
}

void disk_session::handle(const may_block& on, std::string_view frame, const answer& send) {
  try {
    frame_reader request{frame};
    dispatch(on, request, send);
  } catch (const failure& why) {
    send(failed_frame(why));
  } catch (const std::exception& why) {
    send(failed_frame({failure_kind::other, why.what()}));
  }
  open_ = objects_.size();
}

void disk_session::dispatch(const may_block& on, frame_reader& request, const answer& send) {
  switch (const auto kind = request.kind()) {
  case frame_kind::begin: return begin(on, request, send);
  case frame_kind::list: return list(on, request, send);
  case frame_kind::more: return page_taken();
  case frame_kind::stat: {
    const auto found = disk().stat(on, request.text());
    frame_writer said{frame_kind::done};
    said.number(found.has_value());
    if (found) argosy::write(said, *found);
    return send(said.take());
  }
  case frame_kind::open: {
    auto& made = place(request.number());
    const auto path = request.text();
    const auto offset = request.number();
    made.source = disk().open(on, path, offset, request.number());
    return send(done());
  }
  case frame_kind::read: return read(on, request, send);
  case frame_kind::create: {
    auto& made = place(request.number());
    made.sink = disk().create(on, read_put_request(request));
    return send(done());
  }
  case frame_kind::create_chunked: return create_chunked(on, request, send);
  case frame_kind::open_chunk: open_chunk(on, request); return send(done());
  case frame_kind::write: write(on, request); return send(done());
  case frame_kind::finish_chunk:
  case frame_kind::examine:
  case frame_kind::give_name: return finish(on, kind, at(request.number()), send);
  case frame_kind::close: objects_.erase(request.number()); return;
  case frame_kind::remove: disk().remove(on, request.text()); return send(done());
  case frame_kind::make_directory: disk().make_directory(on, request.text()); return send(done());
  case frame_kind::remove_directory: disk().remove_directory(on, request.text()); return send(done());
  case frame_kind::set_modified: {
    const auto path = request.text();
    disk().set_modified(on, path, request.number());
    return send(done());
  }
  case frame_kind::set_directory_modified: {
    const auto path = request.text();
    disk().set_directory_modified(on, path, request.number());
    return send(done());
  }
  case frame_kind::hash: {
    const auto path = request.text();
    const auto hex = disk().hash(on, path, static_cast<hash_type>(request.number()));
    return send(frame_writer{frame_kind::done}.text(hex).take());
  }
  case frame_kind::copy: {
    const bool copied = copy(on, request);
    send(frame_writer{frame_kind::busy}.number(static_cast<std::int64_t>(moved())).take());
    return send(done(copied));
  }
  case frame_kind::move:
  case frame_kind::move_directory: return send(done(move(on, request)));
  case frame_kind::about: {
    const auto usage = disk().about(on);
    return send(
        frame_writer{frame_kind::done}.number(usage.total).number(usage.used).number(usage.free).take());
  }
  case frame_kind::metadata:
    return send(frame_writer{frame_kind::done}.map(disk().metadata(on, request.text())).take());
  case frame_kind::set_directory_metadata: {
    const auto path = request.text();
    disk().set_directory_metadata(on, path, request.map());
    return send(done());
  }
  case frame_kind::require_unchanged:
    disk().require_unchanged(on, read_copy_request(request));
    return send(done());
  default:
    fail(failure_kind::unsupported,
         "this node does not know request " + std::to_string(static_cast<int>(kind)));
  }
}

// A root that is a file is shown through its folder.
void disk_session::begin(const may_block& on, frame_reader& request, const answer& send) {
  const auto root = clean_disk_path(request.text());
  objects_.clear();
  disk_.reset();
  storage_ = server_.storage_at(root);
  disk_ = storage_->connect(on);
  const auto there = disk_->stat(on, "");
  const bool is_file = there && there->kind == entry_kind::file;
  if (is_file) {
    disk_.reset();
    storage_ = server_.storage_at(folder_of(root));
    disk_ = storage_->connect(on);
  }
  send(frame_writer{frame_kind::done}.number(is_file).number(storage_->info().precision).take());
}

void disk_session::list(const may_block& on, frame_reader& request, const answer& send) {
  {
    const std::lock_guard lock{mutex_};
    pages_ = 0;
  }
  frame_writer page{frame_kind::page};
  disk().list(on, request.text(), [&](listing&& entries) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto one = entries[i];
      page.number(one.kind == entry_kind::directory).number(one.size).number(one.modified).text(one.name);
      if (page.size() >= frame_payload) send_page(on, page, send);
    }
  });
  if (page.size() > 1) send_page(on, page, send);
  send(done());
}

void disk_session::send_page(const may_block& on, frame_writer& page, const answer& send) {
  std::unique_lock lock{mutex_};
  const auto until = std::chrono::steady_clock::now() + page_patience;
  while (!taken_.wait_for(lock, look_at_cancellation, [this] { return pages_ < window_pages; })) {
    on.check();
    if (std::chrono::steady_clock::now() > until)
      fail(failure_kind::retryable, "nobody takes the pages of a listing");
  }
  ++pages_;
  lock.unlock();
  send(std::exchange(page, frame_writer{frame_kind::page}).take());
}

void disk_session::page_taken() {
  const std::lock_guard lock{mutex_};
  if (pages_ > 0) --pages_;
  taken_.notify_one();
}

void disk_session::read(const may_block& on, frame_reader& request, const answer& send) {
  auto& from = at(request.number());
  if (!from.source) fail(failure_kind::other, "that object is not open for reading");
  const auto most = std::clamp<std::int64_t>(request.number(), 1, frame_payload);
  std::string block(1 + static_cast<std::size_t>(most), static_cast<char>(frame_kind::block));
  const auto got = from.source->read(on, block.data() + 1, static_cast<std::size_t>(most));
  block.resize(1 + got);
  send(std::move(block));
}

void disk_session::create_chunked(const may_block& on, frame_reader& request, const answer& send) {
  auto& made = place(request.number());
  const auto wanted = read_put_request(request);
  auto file = disk().create_chunked(on, wanted, request.number());
  if (!file) return send(frame_writer{frame_kind::done}.text({}).number(0).take());
  const auto chunk_size = file->chunk_size();
  made.chunked = std::make_shared<disk_server::shared_object>();
  made.chunked->file = std::move(file);
  const auto name = random_name();
  {
    const std::lock_guard lock{server_.mutex_};
    server_.objects_.emplace(name, made.chunked);
  }
  send(frame_writer{frame_kind::done}.text(name).number(chunk_size).take());
}

void disk_session::open_chunk(const may_block& on, frame_reader& request) {
  auto& made = place(request.number());
  made.target = server_.find(request.text());
  chunk_range range;
  range.number = static_cast<std::size_t>(request.number());
  range.offset = request.number();
  range.size = request.number();
  const std::shared_lock lock{made.target->mutex};
  if (!made.target->file) fail(failure_kind::no_retry, "the object that the chunk belongs to is gone");
  made.chunk = made.target->file->open(on, disk(), range);
}

void disk_session::write(const may_block& on, frame_reader& request) {
  auto& to = at(request.number());
  const auto bytes = request.rest();
  if (to.sink) return to.sink->write(on, bytes.data(), bytes.size());
  if (!to.chunk) fail(failure_kind::other, "that object is not open for writing");
  const std::shared_lock lock{to.target->mutex};
  if (!to.target->file) fail(failure_kind::no_retry, "the object that the chunk belongs to is gone");
  to.chunk->write(on, bytes.data(), bytes.size());
}

void disk_session::finish(const may_block& on, frame_kind how, object& one, const answer& send) {
  if (how == frame_kind::finish_chunk) {
    if (!one.chunk) fail(failure_kind::other, "that is no chunk");
    one.chunk->finish(on);
    return send(done());
  }
  std::unique_lock<std::shared_mutex> alone;
  if (one.chunked) alone = std::unique_lock{one.chunked->mutex};
  if (!one.sink && !(one.chunked && one.chunked->file))
    fail(failure_kind::other, "that object is not open for writing");
  auto& file = one.sink ? steps_of(*one.sink) : steps_of(*one.chunked->file);
  if (how == frame_kind::give_name) {
    file.give_name(on);
    return send(done());
  }
  frame_writer said{frame_kind::done};
  argosy::write(said, file.examine(on));
  send(said.take());
}

bool disk_session::copy(const may_block& on, frame_reader& request) {
  const auto from = server_.storage_at(request.text());
  const auto source = from->connect(on);
  const auto what = read_copy_request(request);
  return disk().adopt(on.for_listener(&moved_), *source, what, read_copy_policy(request));
}

bool disk_session::move(const may_block& on, frame_reader& request) {
  const auto from = server_.storage_at(request.text());
  const auto source = from->connect(on);
  const auto old_path = request.text();
  const auto new_path = request.text();
  return request.kind() == frame_kind::move ? disk().move_from(on, *source, old_path, new_path)
                                            : disk().move_directory_from(on, *source, old_path, new_path);
}

disk_session::object& disk_session::at(std::int64_t handle) {
  const auto found = objects_.find(handle);
  if (found == objects_.end()) fail(failure_kind::other, "that object is not open");
  return *found->second;
}

// Stands for an object that cannot be opened, too: what is asked of it next fails.
disk_session::object& disk_session::place(std::int64_t handle) {
  auto& one = objects_[handle];
  one = std::make_unique<object>();
  return *one;
}

session& disk_session::disk() {
  if (!disk_) fail(failure_kind::other, "the session has not begun");
  return *disk_;
}

} // namespace argosy
