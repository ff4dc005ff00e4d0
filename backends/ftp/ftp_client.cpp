#include "backends/ftp/ftp_client.hpp"

#include <algorithm>
#include <utility>

#include "backends/pacer.hpp"
#include "backends/web/url.hpp"
#include "core/go_text.hpp"

namespace argosy {

namespace {

// Connections that the server closes at once, one after the other, before that is an error.
constexpr int most_new_connections = 3;
constexpr std::size_t most_leftovers = 64;
constexpr std::size_t list_block = 64 * 1024;
// A longer line of a listing makes no sense.
constexpr std::size_t longest_line = 64 * 1024;
constexpr long no_limit = 24 * 3600; // seconds; curl takes 0 for its own default

// Results of curl that say that the last reply was no good.
bool is_refused(CURLcode code) {
  switch (code) {
  case CURLE_WEIRD_SERVER_REPLY:
  case CURLE_REMOTE_ACCESS_DENIED:
  case CURLE_FTP_WEIRD_PASS_REPLY:
  case CURLE_FTP_WEIRD_PASV_REPLY:
  case CURLE_FTP_COULDNT_SET_TYPE:
  case CURLE_PARTIAL_FILE:
  case CURLE_FTP_COULDNT_RETR_FILE:
  case CURLE_QUOTE_ERROR:
  case CURLE_UPLOAD_FAILED:
  case CURLE_FTP_COULDNT_USE_REST:
  case CURLE_RANGE_ERROR:
  case CURLE_USE_SSL_FAILED:
  case CURLE_LOGIN_DENIED:
  case CURLE_REMOTE_DISK_FULL:
  case CURLE_REMOTE_FILE_NOT_FOUND: return true;
  default: return false;
  }
}

bool is_tls_broken(CURLcode code) {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE;
}

std::string host_of(const ftp_options& options) {
  return options.host.find(':') == std::string::npos ? options.host : "[" + options.host + "]";
}

std::string url_of(const ftp_options& options, const std::string& place) {
  const bool implicit = options.tls == ftp_options::encryption::implicit_tls;
  return (implicit ? "ftps://" : "ftp://") + options.address() + "/" + web::escape_path_strictly(place);
}

long whole_seconds(std::chrono::milliseconds time) {
  return time.count() == 0 ? no_limit : std::max(1L, static_cast<long>(time.count() / 1000));
}

void set_up_tls(curl::transfer& transfer, const ftp_server& server) {
  const auto& options = server.options;
  if (options.tls == ftp_options::encryption::none) return;
  transfer.set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
  transfer.set(CURLOPT_FTPSSLAUTH, static_cast<long>(CURLFTPAUTH_TLS));
  if (!options.reuse_tls_sessions) transfer.set(CURLOPT_SSL_SESSIONID_CACHE, 0L);
  constexpr auto tls12 = static_cast<long>(CURL_SSLVERSION_TLSv1_2);
  constexpr int most = 16; // bits that the highest version is shifted by
  if (!options.tls13 || server.needs_tls12) transfer.set(CURLOPT_SSLVERSION, tls12 | tls12 << most);
  if (options.insecure_ciphers) transfer.set(CURLOPT_SSL_CIPHER_LIST, "ALL:@SECLEVEL=0");
}

void set_up(curl::transfer& transfer, const ftp_server& server, const std::string& url) {
  const auto& options = server.options;
  transfer.set(CURLOPT_URL, url.c_str());
  transfer.set(CURLOPT_PROTOCOLS_STR, "ftp,ftps");
  transfer.set(CURLOPT_PATH_AS_IS, 1L);
  transfer.set(CURLOPT_USERNAME, options.user.c_str());
  transfer.set(CURLOPT_PASSWORD, options.password.c_str());
  transfer.set(CURLOPT_FTP_FILEMETHOD, static_cast<long>(CURLFTPMETHOD_NOCWD));
  transfer.set(CURLOPT_IGNORE_CONTENT_LENGTH, 1L); // no SIZE before each download
  transfer.set(CURLOPT_FTP_USE_EPSV, options.epsv ? 1L : 0L);
  transfer.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, whole_seconds(server.link.idle_timeout));
  // Without one curl would take a proxy for HTTP from the environment, which cannot write.
  transfer.set(CURLOPT_PROXY, options.proxy.c_str());
  if (options.proxy.compare(0, 4, "http") == 0) transfer.set(CURLOPT_HTTPPROXYTUNNEL, 1L);
  transfer.watch_cancellation();
  set_up_tls(transfer, server);
}

// The same failure with the server's address in front, as rclone has it.
template <class Work>
void within_connecting(const ftp_options& options, Work work) {
  const auto context = "failed to make FTP connection to " + go_quote(options.address());
  try {
    work();
  } catch (const transient_failure& why) {
    throw transient_failure{context + ": " + why.what()};
  } catch (const failure& why) {
    if (why.kind() == failure_kind::cancelled) throw;
    throw why.within(context);
  }
}

// A server would take it for an option.
std::string safe_in_list(const std::string& folder) {
  return !folder.empty() && folder.front() == '-' ? "./" + folder : folder;
}

} // namespace

void require_one_line(const std::string& place) {
  if (place.find_first_of(std::string_view{"\r\n\0", 3}) != std::string::npos)
    fail(failure_kind::other,
         "ftp: name " + go_quote(place) + " has a line end, which the protocol cannot carry: set encoding");
}

ftp_abilities ftp_abilities::of(const ftp_reply& features) {
  ftp_abilities found;
  std::string_view rest{features.text};
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    std::string name{line.substr(0, line.find(' '))};
    for (auto& c : name)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c & ~0x20);
    if (name == "MLST") found.mlst = true;
    if (name == "MFMT") found.mfmt = true;
    if (name == "MDTM") found.mdtm = true;
    if (name == "SIZE") found.size = true;
  }
  return found;
}

ftp_exchange::ftp_exchange(std::shared_ptr<curl::wire> over, const ftp_server& server, const subject& about,
                           const std::string& place) :
    server_(server),
    tls12_(server.needs_tls12 || !server.options.tls13),
    transfer_(std::move(over), server.link, host_of(server.options),
              std::string{about.method} + " " + url_of(server.options, about.place)) {
  set_up(transfer_, server, url_of(server.options, place));
  transfer_.on_line = [this](std::string_view line) { take_line(line); };
}

void ftp_exchange::first(const std::vector<std::string>& commands) {
  for (const auto& one : commands) commands_.add("*" + one);
  transfer_.set(CURLOPT_QUOTE, commands_.get());
}

void ftp_exchange::take_line(std::string_view line) {
  auto reply = reader_.add(line);
  if (!reply) return;
  constexpr int ready_for_new_user = 220;
  if (known_only_ && replies_.empty() && reply->code == ready_for_new_user) {
    met_new_ = true;
    fail(failure_kind::retryable, "the connection is a new one");
  }
  if (!reply->preliminary()) {
    replies_.push_back(std::move(*reply));
    return;
  }
  begun_ = true;
  announced_size_ = reply->announced_size();
}

void ftp_exchange::begin(const may_block& on) {
  transfer_.start();
  transfer_.run_until(on, [this] { return begun_; });
  on.check();
}

void ftp_exchange::finish(const may_block& on) {
  transfer_.finish(on);
  on.check();
  require_good();
}

void ftp_exchange::require_good() {
  const auto result = transfer_.result();
  if (result == CURLE_OK) return;
  const auto last = last_reply();
  constexpr int closing = 421, wants_continued_tls = 522;
  if (last.code == wants_continued_tls && !tls12_) {
    server_.needs_tls12 = true;
    throw transient_failure{std::to_string(last.code) + " " + last.text};
  }
  if (last.code == closing || (is_refused(result) && last.code >= 400)) throw_refused(last);
  auto reason = transfer_.reason();
  constexpr int wrong_offset = 554;
  if (result == CURLE_BAD_DOWNLOAD_RESUME) throw ftp_refusal{{wrong_offset, reason}};
  if (transfer_.transient() || (is_refused(result) && !is_tls_broken(result)))
    throw transient_failure{reason};
  fail(failure_kind::other, reason);
}

ftp_client::ftp_client(std::shared_ptr<const ftp_server> server) :
    server_(std::move(server)), wire_(std::make_shared<curl::wire>(server_->label)) {}

ftp_client::~ftp_client() { wire_->stop_reading(); }

void ftp_client::hang_up() {
  wire_->stop_reading();
  wire_ = std::make_shared<curl::wire>(server_->label);
}

const ftp_abilities& ftp_client::abilities(const may_block& on) {
  if (!greeted_) greet(on);
  return abilities_;
}

void ftp_client::greet(const may_block& on) {
  std::vector<std::string> commands{"FEAT"};
  if (server_->options.utf8) commands.emplace_back("OPTS UTF8 ON");
  for (const auto& place : leftovers_) commands.push_back("DELE " + place);
  within_connecting(server_->options, [&] {
    ftp_exchange one{wire_, *server_, {"FEAT", ""}, ""};
    one.transfer().set(CURLOPT_NOBODY, 1L);
    one.first(commands);
    bound(one);
    one.begin(on);
    one.finish(on);
    constexpr int features = 211;
    for (const auto& reply : one.replies())
      if (reply.code == features) abilities_ = ftp_abilities::of(reply);
    const char* home = nullptr;
    curl_easy_getinfo(one.transfer().easy(), CURLINFO_FTP_ENTRY_PATH, &home);
    if (home != nullptr) home_ = home;
  });
  leftovers_.clear();
  abilities_.mlst = abilities_.mlst && server_->options.mlsd;
  greeted_ = true;
}

std::unique_ptr<ftp_exchange> ftp_client::run(const may_block& on, const ftp_exchange::subject& about,
                                              const std::string& place,
                                              const std::function<void(ftp_exchange&)>& set_up) {
  require_one_line(about.place);
  server_->net.admit(on);
  if (show_) show_(about.place);
  if (server_->needs_tls12 && !std::exchange(uses_tls12_, true)) hang_up();
  // What is under way keeps its connection, so that this needs another one.
  bool greeting = !greeted_ || wire_->sockets() == 0 || wire_->transfers() > 0;
  for (int left = most_new_connections; left > 0; --left) {
    if (greeting) greet(on);
    auto one = std::make_unique<ftp_exchange>(wire_, *server_, about, place);
    one->only_on_known_connections();
    set_up(*one);
    bound(*one);
    one->begin(on);
    if (!one->met_new_connection()) return one;
    greeting = true;
  }
  throw transient_failure{"the server closes each connection at once"};
}

std::vector<ftp_reply> ftp_client::ask(const may_block& on, const std::string& place,
                                       const std::vector<std::string>& commands) {
  const auto method = commands.front().substr(0, commands.front().find(' '));
  for (const auto& one : commands) require_one_line(one);
  // Commands name their places themselves: the URL stays that of the server.
  const auto one = run(on, {method, place}, "", [&](ftp_exchange& exchange) {
    exchange.transfer().set(CURLOPT_NOBODY, 1L);
    exchange.first(commands);
  });
  one->finish(on);
  if (one->replies().size() < commands.size())
    throw transient_failure{"the server sent " + std::to_string(one->replies().size()) + " replies to " +
                            std::to_string(commands.size()) + " commands"};
  return one->replies();
}

void ftp_client::list(const may_block& on, const std::string& command, const std::string& folder,
                      const std::function<void(std::string_view line)>& use) {
  auto place = safe_in_list(folder);
  if (!place.empty() && place.back() != '/') place += '/';
  const auto one =
      run(on, {command.substr(0, command.find(' ')), folder}, place,
          [&](ftp_exchange& exchange) { exchange.transfer().set(CURLOPT_CUSTOMREQUEST, command.c_str()); });
  std::string text;
  std::vector<char> block(list_block);
  while (const auto got = one->transfer().read(on, block.data(), block.size())) {
    text.append(block.data(), got);
    std::size_t begin = 0;
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
      std::string_view line{text.data() + begin, end - begin};
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      use(line);
      begin = end + 1;
    }
    text.erase(0, begin);
    if (text.size() > longest_line) fail(failure_kind::other, "a line of the listing has no end");
  }
  one->finish(on);
  // Some servers call it a success when the connection was cut behind their last byte.
  if (!text.empty()) throw transient_failure{"unexpected EOF in a listing"};
}

std::unique_ptr<ftp_exchange> ftp_client::retrieve(const may_block& on, const std::string& place,
                                                   std::int64_t offset) {
  auto one = run(on, {"RETR", place}, place, [&](ftp_exchange& exchange) {
    exchange.transfer().set(CURLOPT_SERVER_RESPONSE_TIMEOUT,
                            static_cast<long>(server_->options.close_timeout.count()));
    if (offset <= 0) return;
    exchange.transfer().set(CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(offset));
    exchange.transfer().set(CURLOPT_IGNORE_CONTENT_LENGTH, 0L); // or curl begins at the beginning
  });
  if (!one->begun()) one->finish(on);
  return one;
}

std::unique_ptr<ftp_exchange> ftp_client::store(const may_block& on, const std::string& place) {
  auto one = run(on, {"STOR", place}, place, [&](ftp_exchange& exchange) {
    exchange.transfer().set(CURLOPT_SERVER_RESPONSE_TIMEOUT,
                            static_cast<long>(server_->options.shut_timeout.count()));
    exchange.transfer().set(CURLOPT_UPLOAD, 1L);
  });
  if (!one->begun()) one->finish(on);
  return one;
}

void ftp_client::bound(ftp_exchange& one) const {
  if (last_moment_) one.transfer().end_by(*last_moment_);
}

void ftp_client::remove_later(std::string place) {
  if (leftovers_.size() < most_leftovers) leftovers_.push_back(std::move(place));
}

void ftp_client::remove_quickly(const may_block& on, const std::string& place,
                                std::chrono::milliseconds limit) {
  struct limited {
    std::optional<std::chrono::steady_clock::time_point>& moment;
    ~limited() { moment.reset(); }
  };
  const limited until{last_moment_};
  last_moment_ = std::chrono::steady_clock::now() + limit;
  static_cast<void>(ask(on, place, {"DELE " + place}));
}

bool ftp_client::is_folder(const may_block& on, const std::string& place) {
  const auto replies = ask(on, place, {"CWD " + place, "CWD " + (home_.empty() ? "/" : home_)});
  const auto& there = replies.front();
  if (!there.good()) {
    if (there.code >= 500) return false;
    throw_refused(there);
  }
  // Relative paths would mean something else from now on.
  if (home_.empty() || !replies.back().good()) hang_up();
  return true;
}

} // namespace argosy
