#include "backends/sftp/sftp_link.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "backends/sftp/ssh_connection.hpp"
#include "backends/sftp/ssh_program.hpp"

namespace argosy {

namespace {

/// rclone's pacer: the first pause, and the longest.
constexpr std::chrono::milliseconds first_pause{100};
constexpr std::chrono::milliseconds longest_pause{2000};
/// For replies to what nobody waits for any more, such as the removal of a partial file.
constexpr std::chrono::milliseconds last_moment{2000};
constexpr std::size_t most_leftovers = 64;

std::unique_ptr<ssh_transport> connect(const may_block& on, const sftp_server& server) {
  if (!server.options.ssh.empty()) return std::make_unique<ssh_program>(server.options.ssh, server.label);
  auto options = server.options;
  if (server.find_port) options.port = server.find_port(on);
  try {
    return std::make_unique<ssh_connection>(on, options, *server.keys, *server.credentials, server.label);
  } catch (const connection_lost& why) {
    throw connection_lost{std::string{"couldn't connect SSH: "} + why.what()};
  } catch (const failure& why) {
    if (why.kind() == failure_kind::cancelled) throw;
    throw why.within("couldn't connect SSH");
  }
}

void wait(const may_block& on, std::chrono::milliseconds pause) {
  while (pause.count() > 0) {
    const auto piece = std::min(pause, cancel_interval);
    std::this_thread::sleep_for(piece);
    on.check();
    pause -= piece;
  }
}

} // namespace

sftp_server::sftp_server(sftp_options o, std::string remote, network& shared) :
    options(std::move(o)), label(std::move(remote)), net(shared) {
  if (!options.ssh.empty()) return;
  keys.emplace(options);
  credentials.emplace(options);
}

sftp_connection::sftp_connection(const may_block& on, const sftp_server& server) :
    server_(server), transport_(connect(on, server)) {
  channel_request request;
  if (server.options.server_command.empty())
    request.subsystem = server.options.subsystem;
  else
    request.command = server.options.server_command;
  request.environment = server.options.environment;
  try {
    files_.emplace(transport_->open(on, request), server.options.silence_limit);
    files_->start(on);
  } catch (const connection_lost& why) {
    throw connection_lost{std::string{"couldn't initialise SFTP: "} + why.what()};
  } catch (const failure& why) {
    if (why.kind() == failure_kind::cancelled) throw;
    throw why.within("couldn't initialise SFTP");
  }
  transport_->idle();
}

sftp_connection::~sftp_connection() {
  if (files_) files_->settle(last_moment);
}

remote_shell& sftp_connection::shell(shell_kind kind) {
  if (kind == shell_kind::none)
    fail(failure_kind::unsupported, "not supported with shell type " + std::string{"\"none\""});
  if (!shell_ || shell_->kind() != kind)
    shell_.emplace(*transport_, server_.options, kind, [this](const may_block& on) {
      (void)files_->names(on, files_->send(sftp_message::realpath, std::string_view{"."}),
                          [](const auto&) {});
    });
  return *shell_;
}

sftp_connection& sftp_link::get(const may_block& on) {
  on.check();
  if (connection_) return *connection_;
  connection_ = std::make_unique<sftp_connection>(on, *server_);
  ++generation_;
  auto& files = connection_->files();
  for (const auto& path : std::exchange(leftovers_, {}))
    files.send(sftp_message::remove, std::string_view{path});
  return *connection_;
}

void sftp_link::lost(const may_block& on, attempt& so_far) {
  // Perhaps nobody noticed that an idle connection was closed: then the next one needs no pause.
  const bool was_connected = std::exchange(connection_, nullptr) != nullptr;
  if (so_far.number >= options().attempts) throw;
  if (so_far.number > 1 || !was_connected) {
    so_far.pause = std::clamp(so_far.pause * 2, first_pause, longest_pause);
    wait(on, so_far.pause);
  }
  ++so_far.number;
  if (leftovers_.size() > most_leftovers) leftovers_.clear();
}

} // namespace argosy
