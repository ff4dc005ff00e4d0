#include "http/rc/copy_url.hpp"

#include <algorithm>
#include <exception>
#include <memory>
#include <optional>

#include "backends/sized_sink.hpp"
#include "backends/web/connection.hpp"
#include "core/go_text.hpp"
#include "core/header_text.hpp"

namespace argosy::rc {

namespace {

constexpr std::size_t block_size = 1 << 20;

// Last element of a path as Go's path.Base gives it.
std::string base_of(const std::string& path) {
  if (path.empty()) return ".";
  const auto last = path.find_last_not_of('/');
  if (last == std::string::npos) return "/";
  const auto slash = path.rfind('/', last);
  const auto first = slash == std::string::npos ? 0 : slash + 1;
  return path.substr(first, last - first + 1);
}

/// One download.
class download {
public:
  download(operation& work, const url_request& request) :
      work_(work), request_(request),
      wire_(web::make_client(work.on, work.around().with.net, work.options(), "copyurl")) {}

  void run() {
    try {
      const auto answer = wire_.begin(work_.on, {"GET", request_.url});
      begin(answer->head(work_.on));
      const auto block = std::make_unique<char[]>(block_size);
      while (const auto got = answer->read(work_.on, block.get(), block_size)) {
        file_->scope().account(got);
        received_ += static_cast<std::int64_t>(got);
        if (sink_) sink_->write(file_->scope(), block.get(), got);
      }
      store();
    } catch (const failure& f) {
      sink_.reset();
      if (file_) file_->failed(f);
      throw;
    }
  }

private:
  void begin(const web::answer& head) {
    if (!head.good()) fail(failure_kind::other, "CopyURL failed: " + head.status_text);
    const auto modified = parse_http_date(head.fields.get("last-modified"));
    put_request put;
    put.path = name(head);
    put.size = head.content_length;
    put.modified = modified ? static_cast<nanoseconds>(*modified) * main_options::second : now();
    put.in_place = work_.options().inplace;
    put.partial_suffix = work_.options().partial_suffix;
    if (request_.keep_existing && work_.at().stat(work_.on, put.path))
      fail(failure_kind::other, "CopyURL failed: file already exist");
    file_.emplace(work_, put.path, put.size, std::string{}, work_.around().texts.front());
    if (!work_.skipped(put.path, "upload", put.size))
      sink_ = create_of_any_size(file_->scope(), work_.at(), put, work_.options().streaming_upload_cutoff);
  }

  void store() {
    if (sink_)
      sink_->commit(file_->scope(), [this](const put_result& stored) {
        if (work_.options().ignore_size || stored.info.size < 0 || stored.info.size == received_) return;
        throw corruption("corrupted on transfer: sizes differ src " + std::to_string(received_) + " vs dst(" +
                         work_.at().of().info().description + ") " + std::to_string(stored.info.size));
      });
    sink_.reset();
    file_->finished(true);
  }

  std::string name(const web::answer& head) const {
    if (!request_.name_from_url) return request_.path;
    if (request_.name_from_header) {
      auto given =
          header_parameter(head.fields.get("content-disposition"), "filename").value_or(std::string{});
      std::replace(given.begin(), given.end(), '\\', '/');
      if (given.empty())
        fail(failure_kind::other, "CopyURL failed: filename not found in the Content-Disposition header");
      return base_of(given);
    }
    auto given = base_of(web::unescape(web::require_url(head.url).path));
    if (given == "." || given == "/")
      fail(failure_kind::other, "CopyURL failed: file name wasn't found in url");
    return given;
  }

  operation& work_;
  const url_request& request_;
  web::connection wire_;
  std::optional<file_transfer> file_;
  std::unique_ptr<object_sink> sink_; // none with dry_run
  std::int64_t received_ = 0;         // bytes
};

} // namespace

void copy_url(operation& work, const url_request& request) { download{work, request}.run(); }

} // namespace argosy::rc
