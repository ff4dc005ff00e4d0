#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "backends/table.hpp"
#include "backends/web/client.hpp"

namespace argosy {

/// What backend/command `set` can change while the storage is in use.
struct http_settings {
  std::string url;                  ///< of the remote, without its root
  std::string endpoint;             ///< of the root; ends with a slash
  std::vector<http_header> headers; ///< go with every request
  bool no_slash = false, no_head = false, no_escape = false;
};

/// Web pages that list files, read-only: every link is a file or a directory.
class http_storage final : public storage {
public:
  http_storage(storage_info info, http_settings settings, std::shared_ptr<web::client> client,
               const pace& how);
  std::unique_ptr<session> connect(const may_block& on) const override;
  std::size_t connection_limit() const noexcept override { return client_->connections; }

  std::shared_ptr<const web::client> client() const { return client_; }
  pacer& paced() const { return pacer_; }
  std::int64_t tries() const { return tries_; }
  /// As they are now.
  std::shared_ptr<const http_settings> settings() const;
  void replace(http_settings next) const;

private:
  const std::shared_ptr<web::client> client_;
  const std::int64_t tries_;
  mutable pacer pacer_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const http_settings> settings_;
};

/// Takes over what `option` knows. Throws failure.
void read_http_settings(http_settings& settings, const option_lookup& option);

/// Whether `settings` lead to a file at `root`, found out by rclone's rules; completes their endpoint, which
/// for a file is its folder.
bool settle_endpoint(const may_block& on, http_settings& settings, const std::string& root,
                     const std::shared_ptr<const web::client>& client, pacer& paced);

storage_type http_type();

} // namespace argosy
