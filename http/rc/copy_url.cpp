#include "http/rc/copy_url.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <optional>

#include <curl/curl.h>
#include <netdb.h>
#include <sys/socket.h>

#include "core/go_text.hpp"
#include "core/header_text.hpp"
#include "http/multipart.hpp"
#include "http/params.hpp"

namespace argosy::rc {

namespace {

constexpr long most_redirects = 10; // as Go's client

struct curl_library {
  curl_library() { curl_global_init(CURL_GLOBAL_DEFAULT); }
};

struct easy_deleter {
  void operator()(CURL* c) const { curl_easy_cleanup(c); }
};
struct list_deleter {
  void operator()(curl_slist* l) const { curl_slist_free_all(l); }
};

std::string scheme_of(const std::string& url) {
  const auto colon = url.find(':');
  if (colon == std::string::npos || url.find_first_of("/?#") < colon) return {};
  return lower_header(url.substr(0, colon));
}

// Last element of a path as Go's path.Base gives it.
std::string base_of(const std::string& path) {
  if (path.empty()) return ".";
  const auto last = path.find_last_not_of('/');
  if (last == std::string::npos) return "/";
  const auto slash = path.rfind('/', last);
  const auto first = slash == std::string::npos ? 0 : slash + 1;
  return path.substr(first, last - first + 1);
}

// A part of an URL, decoded; empty when there is none.
std::string part_of_url(const char* url, CURLUPart part) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed{curl_url(), curl_url_cleanup};
  char* text = nullptr;
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url, 0) != CURLUE_OK ||
      curl_url_get(parsed.get(), part, &text, CURLU_URLDECODE) != CURLUE_OK)
    return {};
  std::string out{text};
  curl_free(text);
  return out;
}

// What Go's url.Parse refuses before anything is sent.
void check_escapes(const std::string& url) {
  const std::string_view checked = std::string_view{url}.substr(0, url.find('?'));
  for (std::size_t at = checked.find('%'); at != std::string_view::npos; at = checked.find('%', at + 1)) {
    const auto escape = checked.substr(at, 3);
    if (escape.size() == 3 && escape.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string_view::npos)
      continue;
    fail(failure_kind::other, "parse " + go_quote(url) + ": invalid URL escape " + go_quote(escape));
  }
}

/// One download. Lives on the I/O thread that curl works on; what its callbacks throw is carried past curl.
class download {
public:
  download(operation& work, const url_request& request) : work_(work), request_(request) {
    static const curl_library library;
    easy_.reset(curl_easy_init());
    if (!easy_) fail(failure_kind::other, get_error("cannot start a transfer"));
  }

  void run() {
    check_escapes(request_.url);
    const auto scheme = scheme_of(request_.url);
    if (scheme != "http" && scheme != "https")
      fail(failure_kind::other, get_error("unsupported protocol scheme " + go_quote(scheme)));
    prepare();
    const auto result = curl_easy_perform(easy_.get());
    if (trouble_) give_up(trouble_);
    try {
      work_.on.check();
      if (result != CURLE_OK) fail(failure_kind::retryable, get_error(reason(result)));
      if (!file_) begin(); // an empty body
      store();
    } catch (...) {
      give_up(std::current_exception());
    }
  }

private:
  template <class T>
  void set(CURLoption option, T value) {
    curl_easy_setopt(easy_.get(), option, value);
  }

  void prepare() {
    const auto& options = work_.options();
    set(CURLOPT_URL, request_.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, most_redirects);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_USERAGENT, options.user_agent.c_str());
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.contimeout / 1'000'000));
    if (options.timeout > 0) {
      set(CURLOPT_LOW_SPEED_LIMIT, 1L);
      set(CURLOPT_LOW_SPEED_TIME,
          static_cast<long>(std::max<std::int64_t>(1, options.timeout / main_options::second)));
    }
    if (options.no_check_certificate) {
      set(CURLOPT_SSL_VERIFYPEER, 0L);
      set(CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (!options.ca_cert.empty()) set(CURLOPT_CAINFO, options.ca_cert.front().c_str());
    if (!options.client_cert.empty()) {
      set(CURLOPT_SSLCERT, options.client_cert.c_str());
      set(CURLOPT_SSLKEY, options.client_key.c_str());
    }
    if (!options.http_proxy.empty()) set(CURLOPT_PROXY, options.http_proxy.c_str());
    if (!options.bind_addr.empty()) set(CURLOPT_INTERFACE, options.bind_addr.c_str());
    curl_slist* list = nullptr;
    for (const auto& header : options.headers)
      list = curl_slist_append(list, (header.key + ": " + header.value).c_str());
    headers_.reset(list);
    if (list != nullptr) set(CURLOPT_HTTPHEADER, list);
    set(CURLOPT_OPENSOCKETFUNCTION, &download::on_socket);
    set(CURLOPT_OPENSOCKETDATA, this);
    set(CURLOPT_HEADERFUNCTION, &download::on_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &download::on_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &download::on_progress);
    set(CURLOPT_XFERINFODATA, this);
  }

  // curl does not tell which address it could not connect to.
  static curl_socket_t on_socket(void* self, curlsocktype, curl_sockaddr* address) {
    char host[NI_MAXHOST], port[NI_MAXSERV];
    if (::getnameinfo(&address->addr, address->addrlen, host, sizeof(host), port, sizeof(port),
                      NI_NUMERICHOST | NI_NUMERICSERV) == 0) {
      const std::string text{host};
      static_cast<download*>(self)->address_ =
          (text.find(':') == std::string::npos ? text : "[" + text + "]") + ":" + port;
    }
    const auto made = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    return made < 0 ? CURL_SOCKET_BAD : made;
  }

  // The headers of the last response in a chain of redirects are those that stay.
  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) {
    auto& here = *static_cast<download*>(self);
    std::string_view line{data, size};
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
    if (line.compare(0, 5, "HTTP/") == 0) {
      here.fields_.clear();
      here.status_ = line.substr(std::min(line.find(' '), line.size()));
      here.status_ = trim_header(here.status_);
    } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
      here.fields_.emplace(lower_header(line.substr(0, colon)), trim_header(line.substr(colon + 1)));
    }
    return size;
  }

  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) {
    auto& here = *static_cast<download*>(self);
    try {
      if (!here.file_) here.begin();
      here.file_->scope().account(size);
      here.received_ += static_cast<std::int64_t>(size);
      if (here.sink_) here.sink_->write(here.file_->scope(), data, size);
    } catch (...) {
      here.trouble_ = std::current_exception();
      return CURL_WRITEFUNC_ERROR;
    }
    return size;
  }

  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<download*>(self)->work_.on.cancelled() ? 1 : 0;
  }

  std::string field(const char* name) const {
    const auto found = fields_.find(name);
    return found == fields_.end() ? std::string{} : found->second;
  }

  void begin() {
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status < 200 || status > 299) {
      if (status_.find(' ') == std::string::npos) // HTTP/2 sends no text with the number
        status_ = std::to_string(status) + " " + std::string{reason_phrase(static_cast<int>(status))};
      fail(failure_kind::other, "CopyURL failed: " + status_);
    }
    curl_off_t size = -1;
    curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &size);
    const auto modified = curl_getdate(field("last-modified").c_str(), nullptr);
    put_request put;
    put.path = name();
    put.size = size;
    put.modified = modified == -1 ? now() : static_cast<nanoseconds>(modified) * main_options::second;
    put.in_place = work_.options().inplace;
    put.partial_suffix = work_.options().partial_suffix;
    if (request_.keep_existing && work_.at().stat(work_.on, put.path))
      fail(failure_kind::other, "CopyURL failed: file already exist");
    file_.emplace(work_, put.path, size, std::string{}, work_.around().texts.front());
    if (!work_.skipped(put.path, "upload", size)) sink_ = work_.at().create(file_->scope(), put);
  }

  void store() {
    if (sink_)
      sink_->commit(file_->scope(), [this](const put_result& stored) {
        if (work_.options().ignore_size || stored.info.size < 0 || stored.info.size == received_) return;
        fail(failure_kind::retryable, "corrupted on transfer: sizes differ src " + std::to_string(received_) +
                                          " vs dst(" + work_.at().of().info().description + ") " +
                                          std::to_string(stored.info.size));
      });
    sink_.reset();
    file_->finished(true);
  }

  // The file, if one was begun, ends with the failure.
  [[noreturn]] void give_up(const std::exception_ptr& why) {
    sink_.reset();
    try {
      std::rethrow_exception(why);
    } catch (const failure& f) {
      if (file_) file_->failed(f);
      throw;
    }
  }

  std::string name() const {
    if (!request_.name_from_url) return request_.path;
    if (request_.name_from_header) {
      auto given = header_parameter(field("content-disposition"), "filename").value_or("");
      std::replace(given.begin(), given.end(), '\\', '/');
      if (given.empty())
        fail(failure_kind::other, "CopyURL failed: filename not found in the Content-Disposition header");
      return base_of(given);
    }
    const char* last = nullptr;
    curl_easy_getinfo(easy_.get(), CURLINFO_EFFECTIVE_URL, &last);
    auto given = base_of(part_of_url(last == nullptr ? request_.url.c_str() : last, CURLUPART_PATH));
    if (given == "." || given == "/")
      fail(failure_kind::other, "CopyURL failed: file name wasn't found in url");
    return given;
  }

  std::string get_error(const std::string& why) const { return "Get " + go_quote(request_.url) + ": " + why; }

  // As Go's network package says it, as far as curl tells.
  std::string reason(CURLcode code) const {
    switch (code) {
    case CURLE_COULDNT_CONNECT: {
      long error = 0;
      curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &error);
      auto what = std::string{std::strerror(error == 0 ? ECONNREFUSED : static_cast<int>(error))};
      what.front() = static_cast<char>(what.front() | 0x20);
      return "dial tcp " + address_ + ": connect: " + what;
    }
    case CURLE_COULDNT_RESOLVE_HOST:
      return "dial tcp: lookup " + part_of_url(request_.url.c_str(), CURLUPART_HOST) + ": no such host";
    case CURLE_OPERATION_TIMEDOUT: return "net/http: request canceled (timeout exceeded while awaiting data)";
    case CURLE_TOO_MANY_REDIRECTS: return "stopped after " + std::to_string(most_redirects) + " redirects";
    case CURLE_PARTIAL_FILE: return "unexpected EOF";
    default: return curl_easy_strerror(code);
    }
  }

  operation& work_;
  const url_request& request_;
  std::unique_ptr<CURL, easy_deleter> easy_;
  std::unique_ptr<curl_slist, list_deleter> headers_;
  std::map<std::string, std::string> fields_; // names in lower case
  std::string status_;                        // "404 Not Found"
  std::string address_;                       // of the last connection that was tried
  std::exception_ptr trouble_;                // of a callback
  std::optional<file_transfer> file_;
  std::unique_ptr<object_sink> sink_; // none with dry_run
  std::int64_t received_ = 0;         // bytes
};

} // namespace

void copy_url(operation& work, const url_request& request) { download{work, request}.run(); }

} // namespace argosy::rc
