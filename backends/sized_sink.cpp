#include "backends/sized_sink.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "backends/local/descriptor.hpp"
#include "backends/local/file_io.hpp"
#include "backends/local/system_failure.hpp"

namespace argosy {

namespace {

/// A file without a name, gone with its descriptor whatever happens. Some file systems lack O_TMPFILE.
descriptor open_spool(const std::string& folder) {
  descriptor fd{::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
  if (fd) return fd;
  auto name = folder + "/argosy-spool-XXXXXX";
  fd = descriptor{::mkostemp(name.data(), O_CLOEXEC)};
  if (!fd) fail_system("failed to create temporary spool file: open", folder, errno);
  ::unlink(name.c_str());
  return fd;
}

class sized_sink final : public object_sink {
public:
  sized_sink(session& to, put_request request, std::int64_t cutoff) :
      to_(to), request_(std::move(request)),
      cutoff_(static_cast<std::size_t>(std::max<std::int64_t>(cutoff, 0))) {}

  void write(const may_block& on, const char* data, std::size_t size) override {
    if (sink_) return sink_->write(on, data, size);
    if (spool_) return spool(on, data, size);
    if (held_.size() + size <= cutoff_) {
      held_.append(data, size);
      return;
    }
    const auto held = std::exchange(held_, {});
    if (to_.of().info().features.PutStream) {
      sink_ = to_.create(on, request_);
      sink_->write(on, held.data(), held.size());
      return sink_->write(on, data, size);
    }
    spool_ = open_spool(folder_);
    entry_ = on.book().enter(resource::descriptor, "spool file");
    spool(on, held.data(), held.size());
    spool(on, data, size);
  }

  put_result commit(const may_block& on, const std::function<void(const put_result&)>& verify) override {
    if (!sink_) store(on);
    return sink_->commit(on, verify);
  }

private:
  void spool(const may_block& on, const char* data, std::size_t size) {
    on.check();
    write_all(spool_.get(), data, size, spooled_, folder_);
    spooled_ += static_cast<std::int64_t>(size);
  }

  // Everything is here: the size is known.
  void store(const may_block& on) {
    if (!spool_) {
      request_.size = static_cast<std::int64_t>(held_.size());
      sink_ = to_.create(on, request_);
      if (!held_.empty()) sink_->write(on, held_.data(), held_.size());
      return;
    }
    request_.size = spooled_;
    sink_ = to_.create(on, request_);
    const auto block = std::make_unique<char[]>(local_block_size);
    std::int64_t at = 0;
    while (const auto got = read_up_to(spool_.get(), block.get(), local_block_size, at, folder_)) {
      on.check();
      sink_->write(on, block.get(), got);
      at += static_cast<std::int64_t>(got);
    }
  }

  session& to_;
  put_request request_;
  const std::size_t cutoff_;
  const std::string folder_ = std::filesystem::temp_directory_path(); // of the spool file
  std::string held_;
  descriptor spool_;
  std::int64_t spooled_ = 0; // bytes
  ledger::entry entry_;
  std::unique_ptr<object_sink> sink_;
};

} // namespace

std::unique_ptr<object_sink> create_of_any_size(const may_block& on, session& to, const put_request& request,
                                                std::int64_t cutoff) {
  if (request.size >= 0) return to.create(on, request);
  return std::make_unique<sized_sink>(to, request, cutoff);
}

} // namespace argosy
