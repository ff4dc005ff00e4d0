#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <optional>

#include <curl/curl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "app/command_line.hpp"
#include "app/engine.hpp"
#include "app/line_logger.hpp"
#include "app/rc_client.hpp"
#include "app/server_settings.hpp"
#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "http/debug/symbol_child.hpp"
#include "metrics/profile/heap_profile.hpp"

extern char** environ;

namespace argosy {
namespace {

std::map<std::string, std::string> read_environment_variables() {
  std::map<std::string, std::string> variables;
  for (auto** v = environ; *v != nullptr; ++v) {
    const std::string text{*v};
    const auto equals = text.find('=');
    if (equals != std::string::npos) variables[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return variables;
}

int show_version() {
  utsname name{};
  uname(&name);
  std::cout << "rclone " << compatible_version << " (argosy " << ARGOSY_VERSION << ")\n"
            << "- os/kernel: " << name.sysname << " " << name.release << "\n"
            << "- os/arch: " << name.machine << "\n"
            << "- compiler: g++ " << __VERSION__ << "\n";
  return 0;
}

/// Ends the process when an orderly end takes too long: actors cannot be forced.
void too_slow(int) {
  static const char text[] = "argosy: the orderly end took too long\n";
  [[maybe_unused]] const auto n = write(STDERR_FILENO, text, sizeof text - 1);
  _exit(1);
}

void check_daemon_flags(settings_of_run& run) {
  if (run.words.size() > 1)
    fail(failure_kind::bad_parameter, "rcd takes one folder at most: " + go_quote(run.words[1]));
  if (run.rc.enabled) fail(failure_kind::bad_parameter, "Don't supply --rc flag when using rcd");
  if (!run.words.empty()) run.rc.files = run.words.front();
  run.rc.enabled = true;
  check(run.cluster);
  if (run.rc.web_gui && run.rc.files.empty())
    fail(
        failure_kind::bad_parameter,
        "--rc-web-gui would have to download a web interface, which this daemon does not do: give the folder "
        "of one with --rc-files");
}

/// What rclone says when a server cannot begin.
int failed_to_start(line_logger& log, const char* what, const failure& why) {
  log.write(log_level::critical,
            std::string{"Failed to start "} + what + ": failed to init server: " + why.what());
  return 1;
}

int run_daemon(const settings_of_run& run, const storage_table& storages, line_logger& log) {
  // Descriptors that were passed are for this process only.
  for (const auto* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  // Before the first thread: all inherit it, so only sigwait below sees them.
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  dispatch_config serving;
  try {
    serving = dispatch_settings(run);
  } catch (const failure& f) {
    return failed_to_start(log, "remote control", f);
  }
  std::atomic<int> exit_status{0};
  engine here{run, std::move(serving), storages, log, [&](int status) {
                exit_status = status;
                kill(getpid(), SIGTERM);
              }};
  here.check_configuration();
  if (run.rc.server.allow_origin == "*")
    log.write(log_level::notice, "--rc-allow-origin is \"*\": every web page may call this daemon");
  if (!run.rc.files.empty()) log.write(log_level::notice, "Serving files from " + go_quote(run.rc.files));
  std::optional<http_server> server, metrics;
  std::chrono::milliseconds drain{};
  const char* what = "remote control";
  try {
    const auto settings = remote_control_server(run);
    drain = settings.drain;
    server.emplace(settings, here.handler(), here.book(), log);
    what = "metrics server";
    if (const auto own = metrics_server(run)) metrics.emplace(*own, here.metrics(), here.book(), log);
  } catch (const failure& f) {
    return failed_to_start(log, what, f);
  }
  for (const auto& url : server->urls()) log.write(log_level::notice, "Serving remote control on " + url);
  if (metrics)
    for (const auto& url : metrics->urls()) log.write(log_level::notice, "Serving metrics on " + url);
  int signal = 0;
  sigwait(&signals, &signal);
  std::signal(SIGALRM, too_slow);
  alarm(30);
  log.write(log_level::info, "Signal received: ending");
  here.drain(drain);
  server->stop();
  if (metrics) metrics->stop();
  return exit_status;
}

/// What rclone prints for a command line that says nothing sensible, and its exit status.
int wrong_usage(const std::string& why) {
  std::cerr << "Error: " << why << "\n" << usage({}) << "\nFatal error: " << why << "\n";
  return 1;
}

int run_command(const settings_of_run& settings, const storage_table& storages, line_logger& log) {
  if (settings.options.dump != 0)
    log.write(log_level::notice, "Automatically setting -vv as --dump is enabled");
  if (settings.command == "rcd") return run_daemon(settings, storages, log);
  if (settings.command == "rc") return run_client(settings, storages, log, std::cout);
  return show_version();
}

int run(const std::vector<std::string>& arguments) {
  const storage_table storages;
  settings_of_run settings;
  try {
    settings = read_command_line(arguments, read_environment_variables(), storages);
    if (settings.help || settings.command == "help") {
      std::cout << usage(settings.command == "help" ? (settings.words.empty() ? "" : settings.words.front())
                                                    : settings.command);
      return 0;
    }
    if (settings.command == "rcd") check_daemon_flags(settings);
    if (settings.command != "rcd" && settings.command != "rc" && settings.command != "version")
      fail(failure_kind::bad_parameter, "unknown command " + go_quote(settings.command) + " for \"argosy\"");
  } catch (const failure& f) {
    return wrong_usage(f.what());
  }
  std::optional<line_logger> log;
  try {
    log.emplace(settings.log, settings.options);
    return run_command(settings, storages, *log);
  } catch (const failure& f) {
    const auto text = "Failed to " + settings.command + ": " + f.what();
    if (log)
      log->write(log_level::critical, text);
    else
      std::cerr << f.what() << "\n";
    return 1;
  }
}

} // namespace
} // namespace argosy

int main(int argc, char** argv) {
  // The daemon's own child, for /debug/pprof/: before anything that costs time.
  if (argc == 2 && std::string_view{argv[1]} == argosy::symbol_command) {
    argosy::answer_symbol_questions(std::cin, std::cout);
    return std::cout.flush() ? 0 : 1;
  }
  argosy::name_actors_in_heap_profile();
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const auto status = argosy::run({argv + 1, argv + argc});
  curl_global_cleanup();
  return status;
}
