#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <sys/stat.h>

#include "backends/content_block.hpp"
#include "backends/local/directory_cache.hpp"
#include "backends/local/kernel_path.hpp"
#include "backends/local/local_storage.hpp"

namespace argosy {

/// Works on the files below one root. What it keeps between calls are buffers and the open directories of the
/// task.
class local_session final : public session {
public:
  explicit local_session(const local_storage& s);

  void list(const may_block& on, const std::string& directory, const page_sink& page) override;
  std::optional<object_info> stat(const may_block& on, const std::string& path) override;
  std::unique_ptr<object_source> open(const may_block& on, const std::string& path, std::int64_t offset,
                                      std::int64_t length) override;
  void require_unchanged(const may_block& on, const copy_request& request) override;
  std::unique_ptr<object_sink> create(const may_block& on, const put_request& request) override;
  std::unique_ptr<chunked_object> create_chunked(const may_block& on, const put_request& request,
                                                 std::int64_t chunk_size) override;
  void remove(const may_block& on, const std::string& path) override;
  void make_directory(const may_block& on, const std::string& path) override;
  void remove_directory(const may_block& on, const std::string& path) override;
  void set_modified(const may_block& on, const std::string& path, nanoseconds modified) override;
  void set_directory_modified(const may_block& on, const std::string& path, nanoseconds modified) override;
  std::string hash(const may_block& on, const std::string& path, hash_type type) override;
  bool adopt(const may_block& on, session& other, const copy_request& request,
             const copy_policy& policy) override;
  bool move_from(const may_block& on, session& other, const std::string& from,
                 const std::string& to) override;
  bool move_directory_from(const may_block& on, session& other, const std::string& from,
                           const std::string& to) override;
  storage_usage about(const may_block& on) override;
  std::map<std::string, std::string> metadata(const may_block& on, const std::string& path) override;
  void set_directory_metadata(const may_block& on, const std::string& path,
                              const std::map<std::string, std::string>& metadata) override;
  json command(const may_block& on, const std::string& name,
               const std::map<std::string, std::string>& options,
               const std::vector<std::string>& arguments) override;

private:
  // An object's place on disk.
  struct place {
    std::string path; // absolute
    bool link;        // the link itself, shown as a small file
  };
  // A path of the API split for the calls that are relative to a directory: both parts on disk. Points into
  // its argument or into `changed`.
  struct parts {
    std::string changed;
    std::string_view directory;
    const char* leaf = nullptr;
  };
  class reader;
  struct partial_file;

  const local_options& options() const { return local_.options(); }
  // For a call that follows a last link; for one that does not.
  kernel_path followed(const std::string& path) const { return {path, local_.bounds(), last_link::followed}; }
  kernel_path kept(const std::string& path) const { return {path, local_.bounds(), last_link::kept}; }
  void require_writable() const {
    if (local_.bounds() != nullptr) local_.bounds()->require_writable();
  }
  std::string on_disk(const std::string& path) const;
  place place_of(const std::string& path) const;
  void split(const std::string& path, parts& out) const;
  // Opens a regular file for reading, relative to an open directory. Throws failure.
  descriptor open_source(const may_block& on, const std::string& path, struct stat& st, bool look);
  // The parts of adopt() for files that fit into one buffer and for the others.
  void copy_small(const may_block& on, local_session& from, int source, const copy_request& request,
                  const copy_policy& policy);
  void copy_large(const may_block& on, local_session& from, int source, const struct stat& before,
                  const copy_request& request, const copy_policy& policy);
  void open_partial(const may_block& on, const copy_request& request, const copy_policy& policy,
                    partial_file& out);
  // Metadata, time and the final name.
  void finish(const copy_request& request, const copy_policy& policy, int source, const struct stat& st,
              partial_file& out);
  // Reads back what was written of `block_`. Throws failure when it differs.
  void compare_block(local_session& from, int fd, std::int64_t offset, std::size_t size,
                     const std::string& path);

  const local_storage& local_;
  directory_cache directories_;
  content_block block_;             // what was read
  timespec source_read_{};          // when the file that is adopted was last read, with metadata
  content_block read_back_;         // what the destination then holds
  std::unique_ptr<char[]> entries_; // getdents64
};

} // namespace argosy
