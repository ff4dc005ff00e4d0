#include "http/static_files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <sys/stat.h>

#include "backends/local/descriptor.hpp"
#include "core/content_type.hpp"
#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/header_text.hpp"
#include "http/byte_ranges.hpp"
#include "http/conditions.hpp"
#include "http/page_text.hpp"

namespace argosy {

/// An open file or folder.
class served_file {
public:
  served_file(const may_block& on, const std::string& path) :
      // A pipe must not keep the thread until somebody writes into it.
      fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {
    if (!fd_ || ::fstat(fd_.get(), &status_) != 0) {
      error_ = errno;
      fd_.close();
      return;
    }
    entry_ = on.book().enter(resource::descriptor, "served file", 0, "rc");
  }

  bool is_open() const noexcept { return static_cast<bool>(fd_); }
  int error() const noexcept { return error_; }
  bool is_directory() const noexcept { return S_ISDIR(status_.st_mode); }
  bool is_regular() const noexcept { return S_ISREG(status_.st_mode); }
  std::int64_t size() const noexcept { return status_.st_size; }
  /// Seconds since 1970. The beginning of 1970 means to Go that the time is unknown.
  std::optional<std::int64_t> modified() const noexcept {
    if (status_.st_mtim.tv_sec == 0 && status_.st_mtim.tv_nsec == 0) return std::nullopt;
    return status_.st_mtim.tv_sec;
  }
  int descriptor_number() const noexcept { return fd_.get(); }

  /// Fewer bytes than wanted: the file has become shorter.
  std::string read(std::int64_t from, std::size_t wanted) const {
    std::string bytes(wanted, '\0');
    std::size_t got = 0;
    while (got < wanted) {
      const auto n = ::pread(fd_.get(), bytes.data() + got, wanted - got,
                             static_cast<off_t>(from + static_cast<std::int64_t>(got)));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail(failure_kind::other, std::string{"read: "} + std::strerror(errno));
      if (n == 0) break;
      got += static_cast<std::size_t>(n);
    }
    bytes.resize(got);
    return bytes;
  }

private:
  descriptor fd_;
  struct stat status_ {};
  int error_ = 0;
  ledger::entry entry_;
};

namespace {

// What is read and handed to a client at once: all the memory that a download needs.
constexpr std::int64_t block_size = 128 << 10;
// A listing is sent in blocks of about this size.
constexpr std::size_t page_block = 64 << 10;

// A section of a body of several ranges: the text in front of it, and the bytes.
struct section {
  std::string text;
  byte_range bytes;
};

/// Sections of one file, one block after the other.
class file_stream final : public http_stream {
public:
  file_stream(io_pool& io, logger& log, served_file file, std::vector<section> sections, std::string tail) :
      io_(io), log_(log), file_(std::make_shared<const served_file>(std::move(file))),
      sections_(std::move(sections)), tail_(std::move(tail)) {}

  void next(taker give) noexcept override {
    auto text = next_text();
    if (!text.empty()) return give(std::make_shared<const std::string>(std::move(text)));
    if (current_ == sections_.size()) return give(std::make_shared<const std::string>());
    auto& left = sections_[current_].bytes;
    const auto size = std::min(left.length, block_size);
    const auto from = left.start;
    left.start += size;
    left.length -= size;
    try {
      io_.post({}, [file = file_, from, size, give, &log = log_](const may_block&) {
        std::shared_ptr<const std::string> block;
        try {
          auto bytes = file->read(from, static_cast<std::size_t>(size));
          if (bytes.size() == static_cast<std::size_t>(size))
            block = std::make_shared<const std::string>(std::move(bytes));
          else
            log.write(log_level::error, "Serving a file failed: it has become shorter");
        } catch (const std::exception& e) {
          log.write(log_level::error, std::string{"Serving a file failed: "} + e.what());
        }
        give(std::move(block));
      });
    } catch (const std::exception&) {
      give(nullptr); // the daemon ends
    }
  }

private:
  // The text that stands in front of what comes next; empty: bytes are next, or nothing is left.
  std::string next_text() {
    if (begun_ && current_ < sections_.size() && sections_[current_].bytes.length == 0) {
      ++current_;
      begun_ = false;
    }
    if (current_ == sections_.size()) return std::exchange(tail_, {});
    if (std::exchange(begun_, true)) return {};
    if (!sections_[current_].text.empty()) return std::move(sections_[current_].text);
    return sections_[current_].bytes.length == 0 ? next_text() : std::string{};
  }

  io_pool& io_;
  logger& log_;
  const std::shared_ptr<const served_file> file_;
  std::vector<section> sections_;
  std::string tail_;
  std::size_t current_ = 0;
  bool begun_ = false; // the text of the current section is out
};

// As Go's path.Clean does with a rooted path: "/" or no slash at the end.
std::string clean_path(std::string_view path) {
  std::vector<std::string_view> elements;
  while (!path.empty()) {
    const auto slash = path.find('/');
    const auto element = path.substr(0, slash);
    if (element == "..") {
      if (!elements.empty()) elements.pop_back();
    } else if (!element.empty() && element != ".") {
      elements.push_back(element);
    }
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  std::string clean;
  for (const auto element : elements) clean.append("/").append(element);
  return clean.empty() ? "/" : clean;
}

std::string_view last_element(std::string_view clean) { return clean.substr(clean.rfind('/') + 1); }

bool ends_with(std::string_view text, std::string_view with) {
  return text.size() >= with.size() && text.substr(text.size() - with.size()) == with;
}

http_reply redirect(const http_request& request, std::string to) {
  if (!request.query.empty()) to += "?" + request.query;
  http_reply reply;
  reply.status = 301;
  reply.headers.emplace_back("Location", std::move(to));
  return reply;
}

http_reply refusal(int error) {
  switch (error) {
  case ENOENT:
  case ENOTDIR: return http_reply::plain_error(404, "404 page not found");
  case EACCES:
  case EPERM: return http_reply::plain_error(403, "403 Forbidden");
  default: return http_reply::plain_error(500, "500 Internal Server Error");
  }
}

void add_modified(http_reply& reply, std::optional<std::int64_t> second) {
  if (second) reply.headers.emplace_back("Last-Modified", http_date(*second));
}

// Of a multipart body; longer than any content could hold by chance.
std::string random_boundary() {
  std::array<unsigned char, 30> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    fail(failure_kind::other, "no random numbers from the system");
  constexpr const char* digits = "0123456789abcdef";
  std::string text;
  for (const auto byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

} // namespace

void static_files::serve(http_request request, http_answer answer) const {
  io_.post({}, [this, request = std::move(request), answer = std::move(answer)](const may_block& on) {
    try {
      answer(reply_to(on, request));
    } catch (const std::exception& e) {
      log_.write(log_level::error, "Serving a file failed: " + go_quote(request.path) + ": " + e.what());
      answer(http_reply::plain_error(500, "500 Internal Server Error"));
    }
  });
}

http_reply static_files::reply_to(const may_block& on, const http_request& request) const {
  constexpr std::string_view index = "/index.html";
  const auto path = "/" + request.path;
  if (ends_with(path, index)) return redirect(request, "./");
  if (path.find('\0') != std::string::npos) return refusal(EINVAL);
  const auto name = clean_path(path);
  served_file found{on, root_ + name};
  if (!found.is_open()) return refusal(found.error());
  const bool slash = path.back() == '/';
  if (!found.is_directory()) {
    if (slash) return redirect(request, "../" + path_link(last_element(name)));
    return file(request, name, std::move(found));
  }
  if (!slash) return redirect(request, path_link(std::string{last_element(name)} + "/"));
  served_file page{on, root_ + (name == "/" ? "" : name) + std::string{index}};
  if (page.is_open() && !page.is_directory()) return file(request, std::string{index}, std::move(page));
  return directory(request, std::move(found));
}

http_reply static_files::file(const http_request& request, const std::string& name,
                              served_file opened) const {
  // A device or a pipe: it has no size, and might never end.
  if (!opened.is_regular()) return refusal(EACCES);
  http_reply reply;
  add_modified(reply, opened.modified());
  const auto asked = check_conditions(request, opened.modified());
  if (asked.status != 0) {
    reply.status = asked.status;
    return reply;
  }
  const auto size = opened.size();
  const auto* known = types_.find(name);
  const std::string type =
      known != nullptr ? *known : std::string{detect_content_type(opened.read(0, sniffed_bytes))};
  const auto wanted = parse_ranges(asked.ranges ? request.header("Range") : std::string_view{}, size);
  if (wanted.unsatisfiable) {
    auto refused = http_reply::plain_error(416, wanted.error);
    if (std::string_view{wanted.error} != "invalid range")
      refused.headers.emplace_back("Content-Range", unsatisfied_range(size));
    return refused;
  }
  reply.content_type = type;
  std::vector<section> sections;
  std::string tail;
  std::int64_t length = 0;
  const auto add = [&](std::string text, byte_range bytes) {
    length += static_cast<std::int64_t>(text.size()) + bytes.length;
    sections.push_back({std::move(text), bytes});
  };
  if (wanted.ranges.empty()) {
    add({}, {0, size});
  } else if (wanted.ranges.size() == 1) {
    reply.status = 206;
    reply.headers.emplace_back("Content-Range", content_range(wanted.ranges.front(), size));
    add({}, wanted.ranges.front());
  } else {
    reply.status = 206;
    const auto boundary = random_boundary();
    reply.content_type = "multipart/byteranges; boundary=" + boundary;
    for (const auto& range : wanted.ranges)
      add((sections.empty() ? "--" : "\r\n--") + boundary +
              "\r\nContent-Range: " + content_range(range, size) + "\r\nContent-Type: " + type + "\r\n\r\n",
          range);
    tail = "\r\n--" + boundary + "--\r\n";
    length += static_cast<std::int64_t>(tail.size());
  }
  reply.headers.emplace_back("Content-Length", std::to_string(length));
  if (request.method != "HEAD" && length > 0)
    reply.stream =
        std::make_shared<file_stream>(io_, log_, std::move(opened), std::move(sections), std::move(tail));
  return reply;
}

http_reply static_files::directory(const http_request& request, served_file opened) const {
  http_reply reply;
  add_modified(reply, opened.modified());
  const auto asked = check_conditions(request, opened.modified());
  // A listing looks at If-Modified-Since only, as Go's does.
  if (asked.status == 304 && request.header("If-None-Match").empty()) {
    reply.status = 304;
    return reply;
  }
  // The stream of entries closes its descriptor; the folder's own is closed with `opened`.
  const int own = ::fcntl(opened.descriptor_number(), F_DUPFD_CLOEXEC, 0);
  const std::unique_ptr<DIR, int (*)(DIR*)> entries{own < 0 ? nullptr : ::fdopendir(own), ::closedir};
  if (!entries) {
    if (own >= 0) ::close(own);
    return http_reply::plain_error(500, "Error reading directory");
  }
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const auto* const entry = ::readdir(entries.get());
    if (entry == nullptr && errno != 0) return http_reply::plain_error(500, "Error reading directory");
    if (entry == nullptr) break;
    std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    bool is_directory = entry->d_type == DT_DIR;
    if (entry->d_type == DT_UNKNOWN) {
      struct stat status {};
      is_directory =
          ::fstatat(own, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
    }
    names.push_back(is_directory ? std::move(name) + "/" : std::move(name));
  }
  // By the name alone: the slash would put "a/" behind "a-".
  std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
    const auto bare = [](const std::string& n) {
      return std::string_view{n}.substr(0, n.size() - (n.back() == '/' ? 1 : 0));
    };
    return bare(a) < bare(b);
  });
  reply.content_type = "text/html; charset=utf-8";
  std::string block = "<!doctype html>\n<meta name=\"viewport\" content=\"width=device-width\">\n<pre>\n";
  const auto finish_block = [&] {
    reply.body.push_back(std::make_shared<const std::string>(std::exchange(block, {})));
  };
  for (const auto& name : names) {
    block.append("<a href=\"").append(escape_html(path_link(name))).append("\">");
    block.append(escape_html(name)).append("</a>\n");
    if (block.size() >= page_block) finish_block();
  }
  block += "</pre>\n";
  finish_block();
  return reply;
}

} // namespace argosy
