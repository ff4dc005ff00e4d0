#include "backends/ftp/ftp_options.hpp"
#include "backends/option_rows.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <pwd.h>
#include <unistd.h>

#include "backends/setting_values.hpp"
#include "core/duration.hpp"
#include "core/go_text.hpp"

namespace argosy {

namespace {

using option_rows::advanced;
using option_rows::row;

constexpr nanoseconds second = 1'000'000'000;
constexpr nanoseconds usual_timeout = 60 * second;
constexpr const char* usual_encoding = "Slash,Del,Ctl,RightSpace,Dot";
constexpr std::chrono::seconds longest_wait{24 * 3600}; // for what is never to end

std::string user_of_process() {
  std::string buffer(16384, '\0');
  struct passwd entry {};
  struct passwd* found = nullptr;
  if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
    return entry.pw_name;
  const char* name = std::getenv("USER");
  return name == nullptr ? std::string{} : name;
}

std::uint16_t port_of(const storage_request& request) {
  const auto text = text_setting(request, "port");
  if (text.empty()) return 21;
  std::int64_t port = 0;
  try {
    port = go_parse_int(text);
  } catch (const failure&) {
    port = -1;
  }
  if (port < 1 || port > UINT16_MAX)
    fail(failure_kind::other, "ftp: port " + go_quote(text) + " is not a number from 1 to 65535");
  return static_cast<std::uint16_t>(port);
}

ftp_options::encryption encryption_of(const storage_request& request) {
  const bool implicitly = truth_setting(request, "tls", false);
  const bool explicitly = truth_setting(request, "explicit_tls", false);
  if (implicitly && explicitly)
    fail(failure_kind::other,
         "implicit TLS and explicit TLS are mutually incompatible, please revise your config");
  if (implicitly) return ftp_options::encryption::implicit_tls;
  return explicitly ? ftp_options::encryption::explicit_tls : ftp_options::encryption::none;
}

std::string proxy_of(const storage_request& request) {
  const auto socks = text_setting(request, "socks_proxy"), http = text_setting(request, "http_proxy");
  if (!socks.empty()) return "socks5h://" + socks;
  return http.empty() || http.find("://") != std::string::npos ? http : "http://" + http;
}

std::chrono::seconds wait_setting(const storage_request& request, const char* key) {
  const auto given = duration_setting(request, key, usual_timeout);
  if (given <= 0 || given / second >= longest_wait.count()) return longest_wait;
  return std::chrono::seconds{(given + second - 1) / second};
}

std::vector<storage_option> login_rows() {
  auto host = row("host", "string", "", "Name or address of the server, such as \"ftp.example.com\".");
  host.required = host.sensitive = true;
  auto user = row("user", "string", "", "Who to log in as.");
  user.sensitive = true;
  user.default_text = user_of_process();
  auto pass = row("pass", "string", "", "Password.");
  pass.is_password = true;
  return {
      std::move(host),
      std::move(user),
      row("port", "int", "21", "Port of the server."),
      std::move(pass),
      row("tls", "bool", "false",
          "Implicit TLS: encrypted from the first byte, which servers offer at a port of its own, often "
          "990.\n\nNot together with explicit_tls."),
      row("explicit_tls", "bool", "false",
          "Explicit TLS: begins in the clear and is encrypted before the login.\n\nNot together with tls."),
  };
}

std::vector<storage_option> protocol_rows() {
  auto encoding = advanced("encoding", "Encoding", usual_encoding, "How names are encoded on the server.");
  encoding.examples = {{"Asterisk,Ctl,Dot,Slash", "ProFTPd has trouble with '*' in names"},
                       {"BackSlash,Ctl,Del,Dot,RightSpace,Slash,SquareBracket",
                        "PureFTPd has trouble with '[]' and '*' in names"},
                       {"Ctl,LeftPeriod,Slash", "VsFTPd does not list names that begin with a dot"}};
  return {
      advanced("concurrency", "int", "0",
               "Most connections at a time; 0 for no limit.\n\nA copy within one remote needs two. A server "
               "that allows fewer refuses further ones, which are then tried again for a while."),
      advanced("no_check_certificate", "bool", "false", "Do not verify the certificate of the server."),
      advanced("disable_epsv", "bool", "false", "Do not use EPSV, although the server may have it."),
      advanced("disable_mlsd", "bool", "false", "Do not use MLSD and MLST, although the server may have it."),
      advanced("disable_utf8", "bool", "false", "Do not ask the server for names in UTF-8."),
      advanced("writing_mdtm", "bool", "false",
               "Set modification times by MDTM, as VsFTPd wants it, where the server has no MFMT."),
      advanced("force_list_hidden", "bool", "false",
               "List by LIST -a, so that hidden names are shown. MLSD is not used then."),
      advanced("idle_timeout", "Duration", "1m0s",
               "Close connections that nobody used this long; 0 keeps them. Looked at once a minute."),
      advanced("close_timeout", "Duration", "1m0s",
               "How long to wait for the server's reply to the end of a download."),
      advanced("tls_cache_size", "int", "32",
               "0: data connections do not continue the TLS session of their control connection. Other "
               "numbers allow it, as many servers demand."),
      advanced("disable_tls13", "bool", "false", "Use TLS 1.2 at most, for servers whose TLS 1.3 is broken."),
      advanced("allow_insecure_tls_ciphers", "bool", "false",
               "Allow ciphers that are no longer considered safe, for old servers."),
      advanced("shut_timeout", "Duration", "1m0s",
               "How long to wait for the server's reply to the end of an upload."),
      advanced("ask_password", "bool", "false", "Not supported: a daemon has no terminal to ask on."),
      advanced("socks_proxy", "string", "",
               "SOCKS 5 proxy, as host:port, user@host:port or user:pass@host:port."),
      advanced("http_proxy", "string", "",
               "Proxy that understands CONNECT, as http://host:port or http://user:pass@host:port."),
      advanced("no_check_upload", "bool", "false",
               "Do not ask for size and time of a file that was uploaded, for servers that forbid it."),
      std::move(encoding),
  };
}

} // namespace

std::string ftp_options::address() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

ftp_options read_ftp_options(const storage_request& request) {
  ftp_options o;
  o.host = text_setting(request, "host");
  if (o.host.size() > 1 && o.host.front() == '[' && o.host.back() == ']')
    o.host = o.host.substr(1, o.host.size() - 2);
  if (o.host.empty()) fail(failure_kind::other, "ftp: option host is missing: the name of the server");
  o.port = port_of(request);
  o.user = text_setting(request, "user");
  if (o.user.empty()) o.user = user_of_process();
  o.password = secret_setting(request, "pass");
  o.tls = encryption_of(request);
  o.verify = !truth_setting(request, "no_check_certificate", false);
  o.tls13 = !truth_setting(request, "disable_tls13", false);
  o.insecure_ciphers = truth_setting(request, "allow_insecure_tls_ciphers", false);
  o.reuse_tls_sessions = number_setting(request, "tls_cache_size", 32) != 0;
  o.connections =
      static_cast<std::size_t>(std::max<std::int64_t>(0, number_setting(request, "concurrency", 0)));
  o.epsv = !truth_setting(request, "disable_epsv", false);
  o.list_hidden = truth_setting(request, "force_list_hidden", false);
  o.mlsd = !truth_setting(request, "disable_mlsd", false) && !o.list_hidden;
  o.utf8 = !truth_setting(request, "disable_utf8", false);
  o.writing_mdtm = truth_setting(request, "writing_mdtm", false);
  o.check_upload = !truth_setting(request, "no_check_upload", false);
  const auto idle = duration_setting(request, "idle_timeout", usual_timeout);
  o.idle_timeout = std::chrono::nanoseconds{idle == duration_off || idle < 0 ? 0 : idle};
  o.close_timeout = wait_setting(request, "close_timeout");
  o.shut_timeout = wait_setting(request, "shut_timeout");
  o.proxy = proxy_of(request);
  o.encoding = encoding_setting(request, usual_encoding);
  if (truth_setting(request, "ask_password", false) && o.password.empty())
    fail(failure_kind::unsupported, "ftp: ask_password: a daemon has no terminal to ask on: set pass");
  return o;
}

std::vector<storage_option> ftp_option_rows() {
  auto rows = login_rows();
  for (auto& one : protocol_rows()) rows.push_back(std::move(one));
  return rows;
}

} // namespace argosy
