#include "backends/local/sinks.hpp"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "backends/content_block.hpp"
#include "backends/hashing_sink.hpp"
#include "backends/local/directory_cache.hpp"
#include "backends/local/file_io.hpp"
#include "backends/local/file_metadata.hpp"
#include "backends/local/kernel_path.hpp"
#include "backends/local/new_file.hpp"
#include "backends/local/partial_name.hpp"

namespace argosy {

namespace {

constexpr std::size_t longest_target = 64 << 10; // of a symbolic link; Linux allows 4 KiB

put_result commit_in_two_steps(const may_block& on, in_two_steps& file,
                               const std::function<void(const put_result&)>& verify) {
  auto result = file.examine(on);
  if (verify) verify(result);
  file.give_name(on);
  return result;
}

class file_sink final : public object_sink, public in_two_steps, public hashing_sink {
public:
  file_sink(const may_block& on, const put_request& request, std::string path, bool in_place,
            bool set_modified, const path_bounds* within) :
      request_(request),
      set_modified_(set_modified), hashes_(request.hashes),
      file_(on, request, std::move(path), in_place, within) {}

  void write(const may_block& on, const char* data, std::size_t size) override {
    on.check();
    write_all(file_.fd(), data, size, size_, file_.path());
    if (!request_.hashes.empty()) hashes_.update(data, size);
    size_ += static_cast<std::int64_t>(size);
  }

  put_result commit(const may_block& on, const std::function<void(const put_result&)>& verify) override {
    return commit_in_two_steps(on, *this, verify);
  }

  put_result examine(const may_block& on) override {
    on.check();
    put_result result;
    result.info.size = file_.size();
    result.info.modified = request_.modified;
    for (const auto type : request_.hashes.list()) result.hashes[type] = hashes_.hex(type);
    return result;
  }

  void give_name(const may_block& on) override {
    on.check();
    file_.finish(request_, set_modified_);
  }

private:
  put_request request_;
  bool set_modified_;
  hasher hashes_;
  new_file file_;
  std::int64_t size_ = 0;
};

class link_sink final : public object_sink {
public:
  link_sink(const put_request& request, std::string path, const path_bounds* within) :
      request_(request), path_(std::move(path)), within_(within) {}

  void write(const may_block& on, const char* data, std::size_t size) override {
    on.check();
    target_.append(data, size);
    if (target_.size() > longest_target)
      fail(failure_kind::no_retry, "failed to make link \"" + path_ + "\": its target is longer than 64 KiB");
  }

  put_result commit(const may_block& on, const std::function<void(const put_result&)>& verify) override {
    on.check();
    put_result result;
    result.info.size = static_cast<std::int64_t>(target_.size());
    result.info.modified = request_.modified;
    hasher hashes{request_.hashes};
    hashes.update(target_.data(), target_.size());
    for (const auto type : request_.hashes.list()) result.hashes[type] = hashes.hex(type);
    if (verify) verify(result);
    const auto slash = path_.find_last_of('/');
    const auto made =
        path_.substr(0, slash + 1) + partial_name(path_.substr(slash + 1),
                                                  partial_mark(path_, result.info.size, request_.modified),
                                                  request_.partial_suffix);
    ::unlink(kernel_path{made, within_, last_link::kept}.c_str());
    if (::symlink(target_.c_str(), kernel_path{made, within_, last_link::kept}.c_str()) != 0) {
      if (errno != ENOENT) fail_system("symlink", path_, errno);
      make_directories(folder_of(path_), within_);
      if (::symlink(target_.c_str(), kernel_path{made, within_, last_link::kept}.c_str()) != 0)
        fail_system("symlink", path_, errno);
    }
    const timespec times[2] = {to_timespec(request_.modified), to_timespec(request_.modified)};
    ::utimensat(AT_FDCWD, kernel_path{made, within_, last_link::kept}.c_str(), times, AT_SYMLINK_NOFOLLOW);
    if (::rename(kernel_path{made, within_, last_link::kept}.c_str(),
                 kernel_path{path_, within_, last_link::kept}.c_str()) != 0) {
      const int reason = errno;
      ::unlink(kernel_path{made, within_, last_link::kept}.c_str());
      fail_system("symlink", path_, reason);
    }
    return result;
  }

private:
  put_request request_;
  std::string path_;
  const path_bounds* within_;
  std::string target_;
};

/// Chunks go to their places in one file, each from a thread of its own: pwrite(2) needs no lock.
class chunked_file final : public chunked_object, public in_two_steps {
public:
  chunked_file(const may_block& on, const put_request& request, std::string path, std::int64_t chunk_size,
               bool set_modified, const path_bounds* within) :
      chunked_object(chunk_size),
      request_(request), set_modified_(set_modified),
      file_(std::make_unique<new_file>(on, request, std::move(path), request.in_place, within)) {}

  std::unique_ptr<chunk_sink> open(const may_block& on, session&, const chunk_range& range) override {
    on.check();
    return std::make_unique<chunk>(*file_, range);
  }

  put_result commit(const may_block& on, session&,
                    const std::function<void(const put_result&)>& verify) override {
    return commit_in_two_steps(on, *this, verify);
  }

  put_result examine(const may_block& on) override {
    on.check();
    put_result result;
    result.info.size = file_->size();
    result.info.modified = request_.modified;
    if (!request_.hashes.empty()) hash_all(on, result);
    return result;
  }

  void give_name(const may_block& on) override {
    on.check();
    file_->finish(request_, set_modified_);
  }

  void abandon(const may_block&, session&) noexcept override { file_.reset(); }

private:
  class chunk final : public chunk_sink {
  public:
    chunk(const new_file& file, const chunk_range& range) :
        file_(file), at_(range.offset), end_(range.offset + range.size) {}
    void write(const may_block& on, const char* data, std::size_t size) override {
      on.check();
      write_all(file_.fd(), data, size, at_, file_.path());
      at_ += static_cast<std::int64_t>(size);
    }
    void finish(const may_block&) override {
      if (at_ != end_)
        fail(failure_kind::retryable,
             "chunk of " + file_.path() + " is " + std::to_string(end_ - at_) + " bytes too short");
    }

  private:
    const new_file& file_;
    std::int64_t at_, end_;
  };

  // Chunks come in any order, hashes want the first byte first: what stands on the disk is read.
  void hash_all(const may_block& on, put_result& result) const {
    hasher hashes{request_.hashes};
    const content_block block{on.book(), local_block_size};
    std::int64_t at = 0;
    while (const auto got = read_up_to(file_->fd(), block.get(), local_block_size, at, file_->path())) {
      on.check();
      hashes.update(block.get(), got);
      at += static_cast<std::int64_t>(got);
    }
    for (const auto type : request_.hashes.list()) result.hashes[type] = hashes.hex(type);
  }

  put_request request_;
  bool set_modified_;
  std::unique_ptr<new_file> file_;
};

} // namespace

std::unique_ptr<object_sink> make_file_sink(const may_block& on, const put_request& request, std::string path,
                                            bool in_place, bool set_modified, const path_bounds* within) {
  return std::make_unique<file_sink>(on, request, std::move(path), in_place, set_modified, within);
}

std::unique_ptr<object_sink> make_link_sink(const put_request& request, std::string path,
                                            const path_bounds* within) {
  return std::make_unique<link_sink>(request, std::move(path), within);
}

std::unique_ptr<chunked_object> make_chunked_file(const may_block& on, const put_request& request,
                                                  std::string path, std::int64_t chunk_size,
                                                  bool set_modified, const path_bounds* within) {
  return std::make_unique<chunked_file>(on, request, std::move(path), chunk_size, set_modified, within);
}

} // namespace argosy
