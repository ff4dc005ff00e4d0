#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "backends/ftp/ftp_client.hpp"
#include "backends/pacer.hpp"
#include "backends/storage.hpp"
#include "backends/table.hpp"

namespace argosy {

/// Files of a server, reached by FTP.
class ftp_storage final : public storage {
public:
  /// `first` is the client that was needed to make it.
  ftp_storage(storage_info info, std::shared_ptr<const ftp_server> server, const pace& how,
              std::unique_ptr<ftp_client> first);

  std::unique_ptr<session> connect(const may_block& on) const override;
  std::size_t connection_limit() const noexcept override { return server_->options.connections; }
  std::optional<std::chrono::nanoseconds> idle_limit() const noexcept override {
    return server_->options.idle_timeout;
  }

  const ftp_options& options() const { return server_->options; }
  std::shared_ptr<const ftp_server> server() const { return server_; }
  pacer& paced() const { return pacer_; }
  /// Where the server has what the API calls `path`: absolute, or below where it puts who logs in.
  std::string on_server(const std::string& path) const;

private:
  std::shared_ptr<const ftp_server> server_;
  mutable pacer pacer_;
  mutable std::mutex first_use_;
  mutable std::unique_ptr<ftp_client> first_;
};

storage_type ftp_type();

} // namespace argosy
