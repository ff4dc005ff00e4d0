#include "app/rc_client.hpp"

#include <algorithm>
#include <cctype>
#include <future>
#include <ostream>
#include <system_error>

#include <curl/curl.h>

#include "app/engine.hpp"
#include "app/server_settings.hpp"
#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/json_document.hpp"
#include "http/params.hpp"

namespace argosy {

namespace {

/// rclone's exit statuses, as far as its client gives them.
enum exit_status : int {
  success = 0,
  other_error = 1,
  directory_not_found = 3,
  object_not_found = 4,
  temporary = 5
};

constexpr long most_redirections = 10; ///< as Go's client

/// What came of a call: JSON to print, and what went wrong.
struct outcome {
  std::string reply;
  std::string error; ///< empty: nothing
  int status = success;
};

/// A failure that the daemon did not tell: in the form in which daemons tell theirs, as rclone's client does.
outcome failed(const std::string& path, long http_status, const std::string& error, int status) {
  return {render_json(json{{"error", error}, {"path", path}, {"status", http_status}}), error, status};
}

std::size_t append(char* data, std::size_t size, std::size_t count, void* into) {
  static_cast<std::string*>(into)->append(data, size * count);
  return size * count;
}

/// Go's words for what libcurl says.
std::string reason_of(CURLcode result, CURL* curl, const std::string& url, const char* detail) {
  if (result != CURLE_COULDNT_CONNECT)
    return url + ": " + (*detail != 0 ? detail : curl_easy_strerror(result));
  long error = 0;
  curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &error);
  const auto begin = url.find("://") + 3;
  auto why = error != 0 ? std::generic_category().message(static_cast<int>(error)) : "no connection";
  why.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(why.front())));
  return "Post " + go_quote(url) + ": dial tcp " + url.substr(begin, url.find('/', begin) - begin) +
         ": connect: " + why;
}

/// rclone may try again later: it calls such errors temporary.
bool is_temporary(CURLcode result) {
  return result == CURLE_COULDNT_CONNECT || result == CURLE_OPERATION_TIMEDOUT ||
         result == CURLE_SEND_ERROR || result == CURLE_RECV_ERROR || result == CURLE_GOT_NOTHING;
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first == std::string::npos ? std::string{}
                                    : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// What the daemon sent, which must be a JSON object. As rclone's client does, its keys are put in order and
/// its numbers are doubles, so that both print the same.
outcome reply_of(const std::string& path, long http_status, const std::string& body) {
  json reply;
  try {
    reply = parse_json(body);
    if (!reply.is_object()) fail(failure_kind::other, cannot_unmarshal(reply, "value of type rc.Params"));
  } catch (const failure& why) {
    return failed(path, http_status,
                  std::string{"failed to decode response: "} + why.what() + ": " + trimmed(body),
                  other_error);
  }
  if (http_status == 200) return {render_json(reply), {}, success};
  return {render_json(reply),
          "operation " + go_quote(path) + " failed: " + go_text(reply.value("error", json{})), other_error};
}

outcome call_over_http(const client_flags& flags, const std::string& path, const std::string& body) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl{curl_easy_init(), curl_easy_cleanup};
  if (!curl) fail(failure_kind::other, "connection failed: libcurl does not start");
  const auto url = client_url(flags.url) + path;
  // Parsed here, so that a path with blanks is sent encoded, and one with dots as it is: both as Go does.
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed{curl_url(), curl_url_cleanup};
  const auto bad = curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(),
                                CURLU_ALLOW_SPACE | CURLU_PATH_AS_IS | CURLU_NON_SUPPORT_SCHEME);
  if (bad != CURLUE_OK)
    return failed(path, 500, "failed to make request: parse " + go_quote(url) + ": " + curl_url_strerror(bad),
                  other_error);
  std::string reply;
  char detail[CURL_ERROR_SIZE] = "";
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers{
      curl_slist_append(nullptr, "Content-Type: application/json"), curl_slist_free_all};
  curl_easy_setopt(curl.get(), CURLOPT_CURLU, parsed.get());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_MAXREDIRS, most_redirections);
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &reply);
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, detail);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, 60L);
  if (!flags.user.empty() || !flags.password.empty()) {
    curl_easy_setopt(curl.get(), CURLOPT_USERNAME, flags.user.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PASSWORD, flags.password.c_str());
  }
  if (!flags.unix_socket.empty())
    curl_easy_setopt(curl.get(), CURLOPT_UNIX_SOCKET_PATH, flags.unix_socket.c_str());
  const auto result = curl_easy_perform(curl.get());
  if (result != CURLE_OK)
    return failed(path, 503, "connection failed: " + reason_of(result, curl.get(), url, detail),
                  is_temporary(result) ? temporary : other_error);
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  return reply_of(path, status, reply);
}

/// Without a server between, an error keeps what it is.
outcome call_here(const settings_of_run& run, const storage_table& storages, line_logger& log,
                  const std::string& path, const std::string& body) {
  auto own = run;
  own.rc.no_auth = true;
  engine here{own, dispatch_settings(own), storages, log, [](int) {}};
  http_request request;
  request.method = "POST";
  request.path = path;
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = body;
  auto promise = std::make_shared<std::promise<http_reply>>();
  auto reply = promise->get_future();
  here.handler().handle(std::move(request), [promise](http_reply r) { promise->set_value(std::move(r)); });
  const auto got = reply.get();
  std::string text;
  for (const auto& block : got.body) text += *block;
  if (got.status == 200) return {std::move(text), {}, success};
  const auto error = json::parse(text).value("error", std::string{});
  if (error == "couldn't find method " + go_quote(path))
    return failed(path, 400, "loopback: method " + go_quote(path) + " not found", other_error);
  int status = other_error;
  if (got.status == 404)
    status = error.find("directory not found") != std::string::npos ? directory_not_found : object_not_found;
  return failed(path, 500, "loopback: call failed: " + error, status);
}

outcome call(const settings_of_run& run, const storage_table& storages, line_logger& log,
             const std::string& path, const std::string& body) {
  return run.client.loopback ? call_here(run, storages, log, path, body)
                             : call_over_http(run.client, path, body);
}

/// The daemon's own list, as a page to read.
void list_commands(const json& commands, std::ostream& out) {
  for (const auto& row : commands) {
    const auto path = row.value("Path", "");
    auto anchor = path;
    std::replace(anchor.begin(), anchor.end(), '/', '-');
    out << "### " << path << ": " << row.value("Title", "") << " {#" << anchor << "}\n\n"
        << row.value("Help", "") << "\n\n";
    if (row.value("NoAuth", false)) out << "**Authentication is not required for this call.**\n\n";
  }
}

int report(logger& log, const std::string& error, int status) {
  log.write(log_level::critical, "Failed to rc: " + error);
  return status;
}

} // namespace

std::string client_url(const std::string& text) {
  auto url = text.empty() || text.front() == ':' ? "localhost" + text : text;
  if (url.find("://") == std::string::npos) url = "http://" + url;
  if (url.back() != '/') url += '/';
  return url;
}

json client_input(const client_flags& flags, const std::vector<std::string>& words) {
  json input = json::object();
  if (!flags.json_text.empty()) {
    if (!words.empty()) fail(failure_kind::bad_parameter, "can't use --json and parameters together");
    try {
      input = parse_json_document(flags.json_text);
      if (input.is_null()) input = json::object();
      if (!input.is_object())
        fail(failure_kind::bad_parameter, cannot_unmarshal(input, "value of type rc.Params"));
    } catch (const failure& f) {
      throw f.within("bad --json input");
    }
  }
  for (const auto& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos)
      fail(failure_kind::bad_parameter, "no '=' found in parameter " + go_quote(word));
    input[word.substr(0, equals)] = word.substr(equals + 1);
  }
  auto options = json::object();
  for (const auto& word : flags.options) {
    const auto equals = word.find('=');
    options[word.substr(0, equals)] = equals == std::string::npos ? std::string{} : word.substr(equals + 1);
  }
  if (!options.empty()) input["opt"] = std::move(options);
  if (!flags.arguments.empty()) input["arg"] = flags.arguments;
  return input;
}

int run_client(const settings_of_run& run, const storage_table& storages, line_logger& log,
               std::ostream& out) {
  auto target = run;
  const auto& server = run.rc.server;
  if (server.listen_addresses != rc::rc_options{}.server.listen_addresses)
    target.client.url = server.listen_addresses.front();
  if (!server.user.empty()) target.client.user = server.user;
  if (!server.password.empty()) target.client.password = server.password;
  if (run.words.empty()) {
    const auto got = call(target, storages, log, "rc/list", "{}");
    if (got.status != success) return report(log, "failed to list: " + got.error, got.status);
    list_commands(json::parse(got.reply).value("commands", json::array()), out);
    return success;
  }
  const auto& word = run.words.front();
  const auto first = word.find_first_not_of('/');
  const auto path =
      first == std::string::npos ? std::string{} : word.substr(first, word.find_last_not_of('/') - first + 1);
  const auto input = client_input(run.client, {run.words.begin() + 1, run.words.end()});
  const auto got =
      call(target, storages, log, path, input.dump(-1, ' ', false, json::error_handler_t::replace));
  if (!run.client.no_output) {
    out << got.reply;
    if (!got.reply.empty() && got.reply.back() != '\n') out << '\n';
  }
  return got.status == success ? success : report(log, got.error, got.status);
}

} // namespace argosy
