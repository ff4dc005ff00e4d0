#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "backends/sftp/sftp_link.hpp"
#include "backends/storage.hpp"
#include "backends/table.hpp"

namespace argosy {

/// Files of a server, reached by SSH.
class sftp_storage final : public storage {
public:
  /// `root` is the folder on the server, `first` the connection that was needed to find it.
  sftp_storage(storage_info info, std::shared_ptr<const sftp_server> server, std::string root,
               sftp_shell shell, std::unique_ptr<sftp_connection> first, logger& log);

  std::unique_ptr<session> connect(const may_block& on) const override;
  std::size_t connection_limit() const noexcept override { return server_->options.connections; }
  std::optional<std::chrono::nanoseconds> idle_limit() const noexcept override {
    return server_->options.idle_timeout;
  }

  const sftp_options& options() const { return server_->options; }
  const sftp_shell& shell() const { return shell_; }
  logger& log() const { return log_; }
  /// Waits until one more operation may begin (tpslimit).
  void admit(const may_block& on) const { server_->net.admit(on); }
  /// Where the server has what the API calls `path`, absolute.
  std::string on_server(const std::string& path) const;
  /// Where commands on the server find what SFTP has at `place`, as one argument of a command. Throws
  /// failure(other).
  std::string place_in_command(const std::string& place) const;

private:
  std::shared_ptr<const sftp_server> server_;
  std::string root_;
  sftp_shell shell_;
  logger& log_;
  mutable std::mutex first_use_;
  mutable std::unique_ptr<sftp_connection> first_;
};

storage_type sftp_type();

/// A storage on a server of this machine whose port is to be asked for before each connection; the option
/// `port` is of no effect. Throws as the making of any storage does.
made_storage make_sftp_at(const may_block& on, const storage_request& request,
                          std::function<std::uint16_t(const may_block&)> find_port);

} // namespace argosy
