#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/listing.hpp"
#include "backends/may_block.hpp"
#include "core/failure.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/options.hpp"

/// The one interface behind which every storage stands. It is shaped for blocking libraries: a storage is a
/// description that all threads share, a session is one connection of it that one thread at a time uses. No
/// actor is known here; connection actors own the sessions.
namespace argosy {

/// The 52 abilities of operations/fsinfo (rc-surface 3.10), by rclone's names.
// clang-format never comes to rest on this list.
// clang-format off
#define ARGOSY_FEATURES(X)                                                                                   \
  X(About) X(BucketBased) X(BucketBasedRootOK) X(CanHaveEmptyDirectories) X(CaseInsensitive)                 \
  X(ChangeNotify) X(ChunkWriterDoesntSeek) X(CleanUp) X(Command) X(Copy) X(DirCacheFlush)                    \
  X(DirModTimeUpdatesOnWrite) X(DirMove) X(DirSetModTime) X(Disconnect) X(DoubleSlash) X(DuplicateFiles)     \
  X(FilterAware) X(GetTier) X(IsLocal) X(ListP) X(ListR) X(MergeDirs) X(MkdirMetadata) X(Move)               \
  X(NoMultiThreading) X(OpenChunkWriter) X(OpenWriterAt) X(Overlay) X(PartialUploads) X(PublicLink)          \
  X(Purge) X(PutStream) X(PutUnchecked) X(ReadDirMetadata) X(ReadMetadata) X(ReadMimeType)                   \
  X(ServerSideAcrossConfigs) X(SetTier) X(SetWrapper) X(Shutdown) X(SlowHash) X(SlowModTime) X(UnWrap)       \
  X(UserDirMetadata) X(UserInfo) X(UserMetadata) X(WrapFs) X(WriteDirMetadata) X(WriteDirSetModTime)         \
  X(WriteMetadata) X(WriteMimeType)
// clang-format on

struct storage_features {
#define ARGOSY_FEATURE_MEMBER(name) bool name = false;
  ARGOSY_FEATURES(ARGOSY_FEATURE_MEMBER)
#undef ARGOSY_FEATURE_MEMBER
};

struct storage_info {
  std::string type; ///< backend: "local", "memory", ...
  std::string name; ///< rclone's Name: "local" for plain paths, the remote's name, ":memory" for an inline
                    ///< backend (3.9: decides "the same remote")
  std::string root; ///< rclone's Root
  std::string description;   ///< rclone's String, e.g. "Local file system at /x"
  std::string config_text;   ///< canonical fs text: key of the cache of remotes, e.g. "mem:b" or "/x"
  nanoseconds precision = 1; ///< of modification times; INT64_MAX: none are kept
  bool seeks = false;        ///< a disk with heads, which many tasks at once would slow down
  hash_set hashes;
  storage_features features;
};

/// What is known of one object or directory.
struct object_info {
  entry_kind kind = entry_kind::file;
  std::int64_t size = -1; ///< bytes; -1 unknown, and for directories of storages without a size
  nanoseconds modified = 0;
  std::string mime_type; ///< only where the storage keeps one
  std::string id, original_id, tier;
  bool is_bucket = false;
};

/// Bytes of one object, in order. Closes in its destructor.
class object_source {
public:
  virtual ~object_source() = default;
  /// Reads up to `size` bytes; 0 is the end. Throws failure. Does not account: the copy does.
  virtual std::size_t read(const may_block& on, char* data, std::size_t size) = 0;
};

struct put_request {
  std::string path;       ///< in standard form, below the root
  std::int64_t size = -1; ///< bytes; -1 unknown
  nanoseconds modified = 0;
  bool in_place = false; ///< write under the final name at once
  std::string partial_suffix = ".partial";
  std::map<std::string, std::string> metadata; ///< only what the caller wants set
  std::string mime_type;
  hash_set hashes; ///< computed of what was written, given back by commit
};

struct put_result {
  object_info info;
  std::map<hash_type, std::string> hashes; ///< hex, those of the request that the storage can tell
};

/// An object being written. Nothing is seen under its name before commit(); destroyed without commit it
/// leaves nothing behind.
class object_sink {
public:
  virtual ~object_sink() = default;
  virtual void write(const may_block& on, const char* data, std::size_t size) = 0;
  /// Ends the writing and checks it by `verify` (throwing from it discards the object), then gives the object
  /// its name and time.
  virtual put_result commit(const may_block& on, const std::function<void(const put_result&)>& verify) = 0;
};

class session;

/// Where a chunk lies in its object.
struct chunk_range {
  std::size_t number = 0;  ///< from 0
  std::int64_t offset = 0; ///< of its first byte
  std::int64_t size = 0;   ///< bytes, at least 1
};

/// One chunk being written.
class chunk_sink {
public:
  virtual ~chunk_sink() = default;
  /// The next bytes of the chunk.
  virtual void write(const may_block& on, const char* data, std::size_t size) = 0;
  /// The chunk is whole: when this returns, the storage has it. Destroyed before, the chunk counts for
  /// nothing.
  virtual void finish(const may_block& on) = 0;
};

/// An object that is written in chunks, several at once and in any order (rclone's OpenChunkWriter and
/// OpenWriterAt). Nothing is seen under its name before commit(). It ends with exactly one call of commit()
/// or abandon(); a commit that throws is followed by abandon().
class chunked_object {
public:
  virtual ~chunked_object() = default;
  /// Bytes of every chunk but the last.
  std::int64_t chunk_size() const noexcept { return chunk_size_; }
  /// So many chunks at once are best for the storage; 0: it has no opinion.
  std::size_t streams() const noexcept { return streams_; }

  /// Begins a chunk on `by`, a session of the storage that the object was begun in. Several threads call this
  /// at once, each with a session of its own, which the sink uses until it is destroyed. A chunk that failed
  /// may be begun again.
  virtual std::unique_ptr<chunk_sink> open(const may_block& on, session& by, const chunk_range& range) = 0;
  /// All chunks are finished and no sink is left: checked and named, as object_sink::commit does.
  virtual put_result commit(const may_block& on, session& by,
                            const std::function<void(const put_result&)>& verify) = 0;
  /// What was written is to be forgotten by the storage; nothing may stay behind that costs space. Called
  /// with a scope that is not cancelled (may_block::for_cleaning).
  virtual void abandon(const may_block& on, session& by) noexcept = 0;

protected:
  explicit chunked_object(std::int64_t chunk_size, std::size_t streams = 0) :
      chunk_size_(chunk_size), streams_(streams) {}

private:
  const std::int64_t chunk_size_;
  const std::size_t streams_;
};

/// operations/about: bytes and counts; -1 is unknown and left out.
struct storage_usage {
  std::int64_t total = -1, used = -1, trashed = -1, other = -1, free = -1, objects = -1;
};

/// One file to copy or move between two sessions. Paths in standard form below each root.
struct copy_request {
  std::string from, to;
  std::int64_t size = -1;   ///< as listed; -1 unknown
  nanoseconds modified = 0; ///< as listed
};

/// What applies to all files of one copy; from the options of the call.
struct copy_policy {
  bool verify_size = true;     ///< not ignore_size
  bool verify_checksum = true; ///< not ignore_checksum
  bool in_place = false;
  bool metadata = false;
  std::map<std::string, std::string> metadata_set; ///< with metadata: takes precedence over the source's
  std::string partial_suffix = ".partial";
  bool check_updated = true;            ///< a source that changes while it is read is an error (3.8)
  std::int64_t low_level_retries = 10;  ///< attempts at one object, or at one chunk of it
  nanoseconds retry_pause = 10'000'000; ///< before the second attempt; doubles with each, up to 2 s
  std::int64_t streaming_upload_cutoff = 100 << 10; ///< bytes; see sized_sink.hpp
  bool multi_thread_set = false;                    ///< in chunks between two local disks as well
  std::int64_t multi_thread_streams = 4;            ///< chunks at once
  std::int64_t multi_thread_cutoff = 256 << 20;     ///< bytes from which an object is copied in chunks
  std::int64_t multi_thread_chunk_size = 64 << 20;  ///< bytes
};

/// A storage at a root: immutable, shared between threads. Making one may block (look-ups at the remote).
class storage : public std::enable_shared_from_this<storage> {
public:
  virtual ~storage() = default;
  const storage_info& info() const noexcept { return info_; }
  /// Opens one connection. May be lazy: the first call on it may connect. Throws failure.
  virtual std::unique_ptr<session> connect(const may_block& on) const = 0;
  /// The storage that this one wraps (crypt, alias shows as its target at once), or null.
  virtual const storage* wrapped() const noexcept { return nullptr; }
  /// How many sessions may be open at once by the nature of the remote; 0: no bound of its own.
  virtual std::size_t connection_limit() const noexcept { return 0; }
  /// How long a session that nobody uses stays open; nothing: as long as is usual, 0: for good.
  virtual std::optional<std::chrono::nanoseconds> idle_limit() const noexcept { return std::nullopt; }

protected:
  explicit storage(storage_info info) : info_(std::move(info)) {}
  storage_info info_;
};

/// One connection. One thread at a time; all calls block and throw failure. Paths are in standard form,
/// relative to the storage's root, without leading or trailing slash; "" is the root. What a storage cannot
/// do throws failure(unsupported) with rclone's text.
class session {
public:
  using page_sink = std::function<void(listing&&)>;

  virtual ~session() = default;
  const storage& of() const noexcept { return storage_; }

  /// True when the other side has closed the connection while nobody used it. Does not wait. Between two
  /// uses, on any thread.
  virtual bool closed_by_peer() const noexcept { return false; }
  /// Where it shows what it does from now on: `entry` outlives the session.
  void show_in(ledger::entry& entry) noexcept { entry_ = &entry; }

  /// Entries of one directory, in pages of any order and size. Throws failure(directory_not_found).
  virtual void list(const may_block& on, const std::string& directory, const page_sink& page) = 0;
  /// Nothing when there is neither object nor directory of that name. (A bucket store's directory exists
  /// while something is below it.)
  virtual std::optional<object_info> stat(const may_block& on, const std::string& path) = 0;
  /// From `offset`, `length` bytes (-1: to the end). Throws failure(object_not_found).
  virtual std::unique_ptr<object_source> open(const may_block& on, const std::string& path,
                                              std::int64_t offset = 0, std::int64_t length = -1) = 0;
  /// A source that was read in parts is still what was listed; throws failure when it is known not to be.
  virtual void require_unchanged(const may_block& on, const copy_request& request);
  /// Makes missing parent directories.
  virtual std::unique_ptr<object_sink> create(const may_block& on, const put_request& request) = 0;
  /// An object of known size, at least 1 byte, in chunks. `chunk_size` is what the options wish
  /// (multi_thread_chunk_size); the object says what it will be. Only of storages with the feature
  /// OpenChunkWriter or OpenWriterAt; null: this object cannot be written so, use create().
  virtual std::unique_ptr<chunked_object> create_chunked(const may_block& on, const put_request& request,
                                                         std::int64_t chunk_size);
  /// Removes an object. Missing: failure(object_not_found); a directory: failure(is_a_directory).
  virtual void remove(const may_block& on, const std::string& path) = 0;
  /// Makes the directory and its parents; an existing one is fine.
  virtual void make_directory(const may_block& on, const std::string& path) = 0;
  /// Only when empty.
  virtual void remove_directory(const may_block& on, const std::string& path) = 0;
  virtual void set_modified(const may_block& on, const std::string& path, nanoseconds modified) = 0;
  virtual void set_directory_modified(const may_block& on, const std::string& path, nanoseconds modified);
  /// Hex of one hash of an object's content; "" when the storage does not know it.
  virtual std::string hash(const may_block& on, const std::string& path, hash_type type) = 0;

  /// Server-side copy of a file of `other` (same storage type; the caller has checked that they are the same
  /// remote). False: not possible here, stream it.
  virtual bool copy_from(const may_block& on, session& other, const copy_request& request,
                         const copy_policy& policy);
  /// The quick way between two sessions that this one knows how to use (two local disks): the whole verified
  /// copy. False: none.
  virtual bool adopt(const may_block& on, session& other, const copy_request& request,
                     const copy_policy& policy);
  /// Rename of a file of `other` to `to` here. False: not possible (another device), copy and delete instead.
  virtual bool move_from(const may_block& on, session& other, const std::string& from, const std::string& to);
  /// Rename of a whole directory; the target must not exist. False: not possible.
  virtual bool move_directory_from(const may_block& on, session& other, const std::string& from,
                                   const std::string& to);
  /// All at once below a directory, where the storage has that; false: remove file by file.
  virtual bool purge(const may_block& on, const std::string& directory);
  virtual storage_usage about(const may_block& on);
  virtual void clean_up(const may_block& on);
  /// Unsupported: `<description> doesn't support public links`.
  virtual std::string public_link(const may_block& on, const std::string& path, std::int64_t expire,
                                  bool unlink);
  virtual std::map<std::string, std::string> metadata(const may_block& on, const std::string& path);
  /// Gives a directory, which is made when it is missing, what stands in `metadata`; keys as metadata() has
  /// them. Only with the feature WriteDirMetadata.
  virtual void set_directory_metadata(const may_block& on, const std::string& path,
                                      const std::map<std::string, std::string>& metadata);
  /// Moves an object to another storage tier. Only with the feature SetTier.
  virtual void set_tier(const may_block& on, const std::string& path, const std::string& tier);
  /// backend/command. Throws failure `command not found`.
  virtual json command(const may_block& on, const std::string& name,
                       const std::map<std::string, std::string>& options,
                       const std::vector<std::string>& arguments);

protected:
  explicit session(const storage& s) : storage_(s) {}
  /// The last place that was asked for: no query, no credentials.
  void show(std::string_view place) const {
    if (entry_ != nullptr) entry_->detail(place);
  }

private:
  const storage& storage_; // kept alive by the owner of the session
  ledger::entry* entry_ = nullptr;
};

} // namespace argosy
