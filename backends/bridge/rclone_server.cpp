#include "backends/bridge/rclone_server.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "backends/local/system_failure.hpp"
#include "backends/sftp/ssh_library.hpp"
#include "core/failure.hpp"

namespace argosy {

namespace {

constexpr std::chrono::milliseconds look{20};
constexpr std::chrono::seconds longest_start{60};
// How soon rclone sees what others change behind it. Each folder is read again after that time.
constexpr const char* folder_memory = "5s";

constexpr std::string_view hidden = "***";

// Runs its arguments until they end, or until nobody holds the other end of its standard input any more,
// which is when this process has died in whatever way.
constexpr const char* supervisor = "exec 3<&0 </dev/null\n"
                                   "\"$@\" 3<&- & server=$!\n"
                                   "{ read -r nothing <&3; kill -KILL $server; } 2>/dev/null & watcher=$!\n"
                                   "exec 3<&-\n"
                                   "wait $server; status=$?\n"
                                   "kill -KILL $watcher 2>/dev/null\n"
                                   "exit $status\n";

/// Files that only their owner can read, gone with this object.
class private_folder {
public:
  private_folder() {
    std::error_code ignored;
    auto base = std::filesystem::temp_directory_path(ignored);
    auto pattern = (ignored ? "/tmp" : base.string()) + "/argosy-bridge-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) fail(failure_kind::other, path_error("mkdir", pattern, errno));
    path_ = pattern;
  }
  ~private_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  private_folder(const private_folder&) = delete;
  private_folder& operator=(const private_folder&) = delete;

  std::string add(const std::string& name, std::string_view content) const {
    auto path = path_ + "/" + name;
    const descriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (file.get() < 0 ||
        ::write(file.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size()))
      fail(failure_kind::other, path_error("write", path, errno));
    return path;
  }

private:
  std::string path_;
};

std::uint16_t port_in(std::string_view said) {
  constexpr std::string_view mark = "listening on ", address = "127.0.0.1:";
  auto at = said.find(mark);
  if (at == std::string_view::npos) return 0;
  at = said.find(address, at);
  if (at == std::string_view::npos) return 0;
  const auto text = said.substr(at + address.size());
  std::uint16_t port = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), port);
  // The line may not have come as a whole.
  return read.ec == std::errc{} && read.ptr != text.data() + text.size() ? port : std::uint16_t{0};
}

} // namespace

bridge_key::bridge_key() {
  ssh_key made = nullptr;
  if (ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &made) != SSH_OK)
    fail(failure_kind::other, "cannot make a key for rclone serve sftp");
  const ssh::key_owner owner{made};
  char* pem = nullptr;
  if (ssh_pki_export_privkey_base64(made, nullptr, nullptr, nullptr, &pem) != SSH_OK)
    fail(failure_kind::other, "cannot write a key for rclone serve sftp");
  const ssh::text_owner text{pem};
  private_ = pem;
  public_ = "ssh-ed25519 " + ssh::base64_of(made);
}

rclone_server::rclone_server(rclone_call call, std::string fs, std::string label,
                             std::vector<std::string> secrets, logger& log) :
    call_(std::move(call)),
    fs_(std::move(fs)), label_(std::move(label)), secrets_(std::move(secrets)), log_(log) {}

rclone_server::~rclone_server() { pass_on_log(); }

// Not a timed mutex: the ThreadSanitizer of gcc 12 does not see that one being locked.
std::unique_lock<std::mutex> rclone_server::locked(const may_block& on) {
  std::unique_lock lock{mutex_, std::defer_lock};
  while (!lock.try_lock()) {
    on.check();
    std::this_thread::sleep_for(look);
  }
  return lock;
}

std::uint16_t rclone_server::port(const may_block& on) {
  on.check();
  const auto lock = locked(on);
  if (running_ && running_->program->ended()) {
    write_log(running_->said->take());
    log_.write(log_level::notice, label_ + ": rclone serve sftp ended (" +
                                      end_of_child(*running_->program->ended()) + "): it is started again");
    running_.reset();
  }
  if (!running_) start(on);
  return running_->port;
}

void rclone_server::start(const may_block& on) {
  const private_folder files; // rclone reads them before it listens
  auto call = call_;
  call.arguments = {"serve",
                    "sftp",
                    fs_,
                    "--addr",
                    "127.0.0.1:0",
                    "--key",
                    files.add("key", key_.private_pem()),
                    "--authorized-keys",
                    files.add("authorized_keys", key_.public_line() + "\n"),
                    "--dir-cache-time",
                    folder_memory,
                    "--poll-interval",
                    "0"};
  std::vector<std::string> arguments{"sh", "-c", supervisor, "argosy-bridge"};
  for (auto& one : call.command_line()) arguments.push_back(std::move(one));
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail(failure_kind::retryable, "pipe2: " + system_text(errno));
  const descriptor watched{ends[0]};
  process starting;
  starting.lifeline = descriptor{ends[1]};
  starting.lifeline_entry = on.book().enter(resource::descriptor, "lifeline of rclone", 0, label_);
  starting.said = std::make_unique<output_memory>(on, label_);
  starting.program =
      std::make_unique<child>(on, "rclone serve", arguments,
                              child::channels{watched.get(), starting.said->get(), starting.said->get()},
                              child::lookup::in_path, 0, call.environment_changes());
  starting.port = wait_for_port(on, starting);
  running_ = std::move(starting);
}

std::uint16_t rclone_server::wait_for_port(const may_block& on, process& starting) {
  const auto end = std::chrono::steady_clock::now() + longest_start;
  std::string said;
  while (true) {
    const auto status = starting.program->ended();
    said += starting.said->take();
    if (const auto port = port_in(said); port != 0) {
      write_log(said);
      return port;
    }
    if (status) {
      const auto words = last_words(said);
      fail(failure_kind::other,
           "rclone serve sftp does not start: " + (words.empty() ? end_of_child(*status) : words));
    }
    on.check();
    if (std::chrono::steady_clock::now() > end)
      fail(failure_kind::retryable, "rclone serve sftp does not start within a minute");
    std::this_thread::sleep_for(look);
  }
}

const std::string& rclone_server::features(const may_block& on) {
  const auto lock = locked(on);
  if (!features_) {
    auto call = call_;
    call.arguments = {"backend", "features", fs_};
    features_ = output_of(on, call);
  }
  return *features_;
}

void rclone_server::pass_on_log() {
  const std::unique_lock lock{mutex_, std::try_to_lock};
  if (lock && running_) write_log(running_->said->take());
}

void rclone_server::write_log(std::string_view said) {
  while (!said.empty()) {
    const auto end = std::min(said.find('\n'), said.size());
    auto line = last_words(said.substr(0, end));
    const bool is_error = said.substr(0, end).find("ERROR :") != std::string_view::npos;
    said.remove_prefix(std::min(end + 1, said.size()));
    if (line.empty()) continue;
    for (const auto& secret : secrets_)
      for (auto at = line.find(secret); at != std::string::npos; at = line.find(secret, at + hidden.size()))
        line.replace(at, secret.size(), hidden);
    log_.write(is_error ? log_level::error : log_level::debug, label_ + ": rclone: " + line);
  }
}

} // namespace argosy
