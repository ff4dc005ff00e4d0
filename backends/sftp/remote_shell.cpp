#include "backends/sftp/remote_shell.hpp"

#include <algorithm>
#include <charconv>
#include <random>
#include <vector>

#include "backends/sftp/ssh_library.hpp"
#include "core/go_text.hpp"
#include "core/unicode.hpp"

namespace argosy {

namespace {

/// A command that prints more is not the one that was meant.
constexpr std::size_t longest_output = 1 << 20;
/// How long the helper may take to greet: it only has to start.
constexpr std::chrono::seconds helper_start{10};
/// How long a command may print nothing before the server is asked for a sign of life.
constexpr std::chrono::seconds ping_interval{30};
/// How long a server may take to tell the exit code of a program that has ended.
constexpr std::chrono::seconds exit_code_limit{5};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// Of the first line.
std::vector<std::string_view> fields_of(std::string_view text) {
  std::vector<std::string_view> fields;
  text = text.substr(0, text.find('\n'));
  while (!(text = trimmed(text)).empty()) {
    const auto end = std::min(text.find_first_of(" \t"), text.size());
    fields.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return fields;
}

/// -1: not a number.
std::int64_t number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && rest == text.data() + text.size() ? number : -1;
}

bool is_safe(char c) {
  const auto u = static_cast<unsigned char>(c);
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || u >= 0x80 ||
         std::string_view{"_.,:/@-"}.find(c) != std::string_view::npos;
}

std::string quoted_for_powershell(std::string_view path) {
  // All of them end a text there, and doubled stand for themselves: ' and U+2018 to U+201B.
  std::string out = "'";
  while (!path.empty()) {
    const auto length = std::max<std::size_t>(utf8_length(path), 1);
    const auto piece = path.substr(0, length);
    const bool is_quote = piece == "'" || (length == 3 && utf8_decode(path, length) >= 0x2018 &&
                                           utf8_decode(path, length) <= 0x201b);
    out.append(piece);
    if (is_quote) out.append(piece);
    path.remove_prefix(length);
  }
  return out + "'";
}

std::string random_mark() {
  std::random_device chance;
  std::string mark = "argosy-";
  constexpr std::string_view digits = "0123456789abcdef";
  for (int i = 0; i < 32; ++i) mark += digits[chance() % digits.size()];
  return mark;
}

void send_all(const may_block& on, byte_channel& to, std::string_view text, const ssh::deadline& end) {
  while (!text.empty()) {
    text.remove_prefix(to.write(text));
    if (text.empty() || to.ended()) return;
    to.wait(cancel_interval);
    on.check();
    if (end.over()) throw connection_lost{"i/o timeout"};
  }
}

} // namespace

shell_kind shell_kind_of(std::string_view name) {
  if (name == "none") return shell_kind::none;
  if (name == "powershell") return shell_kind::powershell;
  return name == "cmd" ? shell_kind::cmd : shell_kind::posix;
}

const char* shell_name(shell_kind kind) {
  switch (kind) {
  case shell_kind::none: return "none";
  case shell_kind::powershell: return "powershell";
  case shell_kind::cmd: return "cmd";
  case shell_kind::posix: break;
  }
  return "unix";
}

shell_kind shell_kind_from_echo(std::string_view printed) {
  const auto text = trimmed(printed);
  constexpr std::string_view untouched = "%ComSpec%";
  if (text.substr(0, 20) == "Microsoft.PowerShell") return shell_kind::powershell;
  if (text.size() >= untouched.size() && text.substr(text.size() - untouched.size()) == untouched)
    return shell_kind::posix;
  const auto lower = to_lower(text);
  const bool program = lower.find(".exe") != std::string::npos || lower.find(".com") != std::string::npos;
  return program ? shell_kind::cmd : shell_kind::posix;
}

std::string quoted_for_shell(shell_kind kind, std::string_view path) {
  if (kind == shell_kind::powershell) return quoted_for_powershell(path);
  if (kind == shell_kind::cmd) {
    if (path.find_first_of("\"%!\r\n") != std::string_view::npos)
      fail(failure_kind::other, "path is not valid in shell type cmd: " + go_quote(path));
    return "\"" + std::string{path} + "\"";
  }
  std::string out;
  for (const char c : path) {
    if (c == '\n') {
      out += "'\n'";
      continue;
    }
    if (!is_safe(c)) out += '\\';
    out += c;
  }
  return out;
}

std::string hash_in_output(std::string_view printed) {
  // In front of a name with odd characters GNU's programs print a backslash.
  printed.remove_prefix(std::min(printed.find_first_not_of("\\"), printed.size()));
  return to_lower(printed.substr(0, printed.find_first_of(" \t\r\n")));
}

storage_usage usage_in_output(std::string_view printed) {
  storage_usage usage;
  const auto line_end = printed.find('\n');
  if (line_end == std::string_view::npos) return usage;
  const auto fields = fields_of(printed.substr(line_end + 1));
  if (fields.size() < 6) return usage;
  const auto bytes = [&](std::size_t i) {
    const auto kibibytes = number_of(fields[i]);
    return kibibytes < 0 ? kibibytes : kibibytes * 1024;
  };
  usage.total = bytes(1);
  usage.used = bytes(2);
  usage.free = bytes(3);
  return usage;
}

storage_usage drive_usage_in_output(std::string_view printed) {
  storage_usage usage;
  const auto fields = fields_of(printed);
  if (fields.size() != 2) return usage;
  usage.used = number_of(fields[0]);
  usage.free = number_of(fields[1]);
  if (usage.used >= 0 && usage.free >= 0) usage.total = usage.used + usage.free;
  return usage;
}

std::unique_ptr<byte_channel> remote_shell::open(const may_block& on, const std::string& command) {
  channel_request request;
  request.command = command;
  request.environment = options_.environment;
  return transport_.open(on, request);
}

/// Until `done`; the server is asked for a sign of life now and then.
template <class Done>
void remote_shell::wait(const may_block& on, byte_channel& program, Done done) {
  auto since = std::chrono::steady_clock::now();
  while (!done()) {
    on.check();
    if (const auto present = std::chrono::steady_clock::now(); present - since > ping_interval) {
      ping_(on);
      since = present;
    }
    program.wait(cancel_interval);
  }
}

std::string remote_shell::run_alone(const may_block& on, const std::string& command) {
  const auto program = open(on, command);
  std::string output;
  program->on_output([&output](std::string_view bytes) {
    output.append(bytes.substr(0, longest_output - std::min(longest_output, output.size())));
    return bytes.size();
  });
  program->end_input();
  wait(on, *program, [&] { return program->ended(); });
  const ssh::deadline no_code{exit_code_limit};
  while (!program->exit_code() && !no_code.over()) {
    on.check();
    program->wait(std::chrono::milliseconds{5});
  }
  if (const auto code = program->exit_code().value_or(-1); code != 0)
    fail(failure_kind::other, "failed to run " + go_quote(command) + ": " +
                                  std::string{trimmed(program->complaint())} +
                                  ": Process exited with status " + std::to_string(code));
  return output;
}

bool remote_shell::start(const may_block& on) {
  if (helper_) return true;
  if (no_helper_ || kind_ != shell_kind::posix) return false;
  no_helper_ = true;
  try {
    mark_ = random_mark();
    printed_.clear();
    auto started = open(on, "exec sh");
    started->on_output([this](std::string_view bytes) {
      printed_ += bytes;
      return bytes.size();
    });
    const ssh::deadline end{helper_start};
    send_all(on, *started, "echo " + mark_ + "\n", end);
    while (printed_ != mark_ + "\n") {
      on.check();
      if (started->ended() || end.over() || printed_.size() > mark_.size()) return false;
      started->wait(cancel_interval);
    }
    printed_.clear();
    helper_ = std::move(started);
    no_helper_ = false;
    return true;
  } catch (const connection_lost&) {
    throw;
  } catch (const failure& why) {
    if (why.kind() == failure_kind::cancelled) throw;
    return false; // a server that runs certain commands only
  }
}

/// Nothing when the command fails, or takes the helper with it.
std::optional<std::string> remote_shell::run_in_helper(const may_block& on, const std::string& command) {
  printed_.clear();
  // On a line of their own, so that a comment in the command hides nothing.
  send_all(on, *helper_, "{ " + command + "\n} 2>/dev/null </dev/null; echo \"" + mark_ + " $?\"\n",
           ssh::deadline{options_.silence_limit});
  auto at = std::string::npos;
  wait(on, *helper_, [&] {
    at = printed_.rfind(mark_);
    const bool told = at != std::string::npos && printed_.find('\n', at) != std::string::npos;
    return told || helper_->ended() || printed_.size() > longest_output;
  });
  if (at == std::string::npos || printed_.compare(at + mark_.size(), std::string::npos, " 0\n") != 0)
    return std::nullopt;
  return printed_.substr(0, at);
}

std::string remote_shell::run(const may_block& on, const std::string& command) {
  if (!start(on)) return run_alone(on, command);
  try {
    if (auto output = run_in_helper(on, command)) return *std::move(output);
  } catch (...) {
    // What the helper still prints would be taken for the answer to the next command.
    helper_.reset();
    throw;
  }
  if (helper_->ended() || printed_.size() > longest_output) {
    helper_.reset();
    no_helper_ = true;
  }
  // Again, to learn why it fails.
  return run_alone(on, command);
}

} // namespace argosy
