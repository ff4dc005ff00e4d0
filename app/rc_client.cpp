#include "app/rc_client.hpp"

#include <future>
#include <ostream>

#include <curl/curl.h>

#include "app/engine.hpp"
#include "core/failure.hpp"
#include "core/go_text.hpp"

namespace argosy {

namespace {

struct answer {
  long status = 0;
  std::string body;
};

std::size_t append(char* data, std::size_t size, std::size_t count, void* into) {
  static_cast<std::string*>(into)->append(data, size * count);
  return size * count;
}

answer call_over_http(const client_flags& flags, const std::string& path, const std::string& body) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl{curl_easy_init(), curl_easy_cleanup};
  if (!curl) fail(failure_kind::other, "connection failed: libcurl does not start");
  const auto url = client_url(flags.url) + path;
  answer got;
  char error[CURL_ERROR_SIZE] = "";
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers{
      curl_slist_append(nullptr, "Content-Type: application/json"), curl_slist_free_all};
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &got.body);
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, error);
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
    fail(failure_kind::other,
         "connection failed: " + url + ": " + (*error != 0 ? error : curl_easy_strerror(result)));
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &got.status);
  return got;
}

answer call_here(const settings_of_run& run, const storage_table& storages, logger& log,
                 const std::string& path, const std::string& body) {
  auto own = run;
  own.rc.no_auth = true;
  engine here{own, storages, log, [](int) {}};
  http_request request;
  request.method = "POST";
  request.path = path;
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = body;
  auto promise = std::make_shared<std::promise<http_reply>>();
  auto reply = promise->get_future();
  here.handler().handle(std::move(request), [promise](http_reply r) { promise->set_value(std::move(r)); });
  const auto got = reply.get();
  answer out{got.status, {}};
  for (const auto& block : got.body) out.body += *block;
  // As rclone's client: without a server an unknown command is a bad request.
  if (out.status == 404 && out.body.find("couldn't find method") != std::string::npos) out.status = 400;
  return out;
}

answer call(const settings_of_run& run, const storage_table& storages, logger& log, const std::string& path,
            const std::string& body) {
  return run.client.loopback ? call_here(run, storages, log, path, body)
                             : call_over_http(run.client, path, body);
}

/// The daemon's own list, as a page to read.
int list_commands(const answer& got, std::ostream& out) {
  const auto reply = json::parse(got.body, nullptr, false);
  if (got.status != 200 || !reply.is_object() || !reply.contains("commands")) {
    out << got.body;
    return 1;
  }
  for (const auto& row : reply["commands"]) {
    out << "### " << row.value("Path", "") << ": " << row.value("Title", "") << "\n\n"
        << row.value("Help", "") << "\n";
    if (row.value("AuthRequired", false)) out << "Authentication is required for this call.\n\n";
  }
  return 0;
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
    try {
      input = parse_json(flags.json_text);
    } catch (const failure& f) {
      throw f.within("bad --json input");
    }
    if (!input.is_object()) fail(failure_kind::bad_parameter, "bad --json input: not an object");
    if (!words.empty()) fail(failure_kind::bad_parameter, "can't use --json and parameters together");
  }
  for (const auto& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos)
      fail(failure_kind::bad_parameter, "no '=' found in parameter \"" + word + "\"");
    input[word.substr(0, equals)] = word.substr(equals + 1);
  }
  for (const auto& word : flags.options) {
    const auto equals = word.find('=');
    input["opt"][word.substr(0, equals)] =
        equals == std::string::npos ? std::string{} : word.substr(equals + 1);
  }
  for (const auto& word : flags.arguments) input["arg"].push_back(word);
  return input;
}

int run_client(const settings_of_run& run, const storage_table& storages, logger& log, std::ostream& out) {
  if (run.words.empty()) return list_commands(call(run, storages, log, "rc/list", "{}"), out);
  auto path = run.words.front();
  path.erase(0, path.find_first_not_of('/') == std::string::npos ? path.size() : path.find_first_not_of('/'));
  const auto input = client_input(run.client, {run.words.begin() + 1, run.words.end()});
  const auto got = call(run, storages, log, path, input.dump(-1, ' ', false, json::error_handler_t::replace));
  if (!run.client.no_output) {
    out << got.body;
    if (!got.body.empty() && got.body.back() != '\n') out << '\n';
  }
  if (got.status == 200) return 0;
  const auto reply = json::parse(got.body, nullptr, false);
  const auto why = reply.is_object() && reply.contains("error") && reply["error"].is_string()
                       ? reply["error"].get<std::string>()
                       : "HTTP status " + std::to_string(got.status);
  log.write(log_level::error, "Failed to rc: operation " + go_quote(path) + " failed: " + why);
  return 1;
}

} // namespace argosy
