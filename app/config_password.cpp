#include "app/config_password.hpp"

#include <cstdlib>
#include <unistd.h>

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "http/rc/child_process.hpp"

namespace argosy {

namespace {

/// Where the program is, as a shell finds it.
std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* variable = std::getenv("PATH");
  for (std::string_view rest = variable == nullptr ? "" : variable; !rest.empty();) {
    const auto colon = rest.find(':');
    const auto path = std::string{rest.substr(0, colon)} + "/" + name;
    if (colon != 0 && ::access(path.c_str(), X_OK) == 0) return path;
    rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
  }
  fail(failure_kind::other, "exec: " + go_quote(name) + ": executable file not found in $PATH");
}

rc::child_result run(const may_block& on, std::vector<std::string> command) {
  constexpr std::size_t longest_password = 64 * 1024;
  constexpr std::uint64_t no_job = 0;
  command.front() = find_program(command.front());
  return rc::run_child(on, command, rc::child_output::standard_output, longest_password, no_job);
}

std::string output_of(const may_block& on, const std::vector<std::string>& command) {
  const std::string context = "password command failed";
  rc::child_result result;
  try {
    result = run(on, command);
  } catch (const failure& f) {
    throw f.within(context);
  }
  if (!result.error.empty()) fail(failure_kind::other, context + ": " + result.error);
  return std::move(result.output);
}

} // namespace

std::optional<config_password> find_config_password(const may_block& on, const main_options& options,
                                                    const std::string& from_environment) {
  if (!options.password_command.empty()) {
    auto printed = output_of(on, options.password_command);
    printed.erase(0, printed.find_first_not_of("\r\n"));
    printed.erase(printed.find_last_not_of("\r\n") + 1);
    if (printed.empty()) fail(failure_kind::other, "--password-command returned empty string");
    return config_password{std::move(printed), "--password-command derived"};
  }
  if (!from_environment.empty()) return config_password{from_environment, "RCLONE_CONFIG_PASS env"};
  return std::nullopt;
}

} // namespace argosy
