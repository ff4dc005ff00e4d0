#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "backends/node/disk_exports.hpp"
#include "backends/node/frames.hpp"
#include "backends/storage.hpp"
#include "core/log.hpp"

namespace argosy {

class local_storage;

/// What the sessions of other nodes on this node's disk share. Outlives them. Thread-safe.
class disk_server {
public:
  disk_server(disk_exports offered, logger& log) : exports_(std::move(offered)), log_(log) {}
  const disk_exports& exports() const noexcept { return exports_; }
  /// A part of the disk, within the bounds that it is exported with. Throws failure as
  /// disk_exports::bounds_of() does.
  std::shared_ptr<local_storage> storage_at(const std::string& root) const;

private:
  friend class disk_session;
  /// An object in chunks, which several sessions write to.
  struct shared_object;
  std::shared_ptr<shared_object> find(const std::string& name);

  const disk_exports exports_;
  logger& log_;
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<shared_object>> objects_; // by their names in the whole node
};

/// The session of another node on this node's disk: answers its requests, one after the other. What it has
/// begun and not named is removed with it.
class disk_session {
public:
  /// Takes an answer; never waits.
  using answer = std::function<void(std::string frame)>;

  /// `server` outlives it.
  explicit disk_session(disk_server& server);
  ~disk_session();
  disk_session(const disk_session&) = delete;
  disk_session& operator=(const disk_session&) = delete;

  /// One request, on an I/O thread. Does not throw: what goes wrong is an answer, too.
  void handle(const may_block& on, std::string_view frame, const answer& send);
  /// The other side has taken a page of the listing that is being handled. Any thread.
  void page_taken();
  /// Bytes that a copy inside the node has moved since the last call. Any thread.
  std::uint64_t moved() noexcept { return moved_.bytes_moved.exchange(0); }
  /// Objects that are open, or being written.
  std::size_t open_objects() const noexcept { return open_; }

private:
  struct object;
  struct counter final : progress_listener {
    void bytes(std::uint64_t count) noexcept override { bytes_moved += count; }
    std::atomic<std::uint64_t> bytes_moved{0};
  };
  void dispatch(const may_block& on, frame_reader& request, const answer& send);
  void begin(const may_block& on, frame_reader& request, const answer& send);
  void list(const may_block& on, frame_reader& request, const answer& send);
  void send_page(const may_block& on, frame_writer& page, const answer& send);
  void create_chunked(const may_block& on, frame_reader& request, const answer& send);
  void open_chunk(const may_block& on, frame_reader& request);
  void read(const may_block& on, frame_reader& request, const answer& send);
  void write(const may_block& on, frame_reader& request);
  void finish(const may_block& on, frame_kind how, object& one, const answer& send);
  bool copy(const may_block& on, frame_reader& request);
  bool move(const may_block& on, frame_reader& request);
  object& at(std::int64_t handle);
  object& place(std::int64_t handle);
  session& disk();

  disk_server& server_;
  std::shared_ptr<local_storage> storage_;
  std::unique_ptr<session> disk_;
  std::map<std::int64_t, std::unique_ptr<object>> objects_;
  std::atomic<std::size_t> open_{0};
  counter moved_;
  std::mutex mutex_;
  std::condition_variable taken_;
  std::size_t pages_ = 0; // on their way
};

} // namespace argosy
