#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backends/table.hpp"
#include "backends/web/client.hpp"
#include "backends/webdav/authorization.hpp"
#include "core/name_encoder.hpp"

namespace argosy {

/// What servers can do beyond RFC 4918, by the option `vendor`.
struct webdav_quirks {
  bool takes_streams = false;             ///< uploads of unknown size
  bool takes_times = false;               ///< header X-OC-Mtime
  bool sets_times = false;                ///< PROPPATCH of lastmodified
  bool has_md5 = false, has_sha1 = false; ///< ownCloud's checksums
  bool has_fastmail_sha1 = false;
  bool names_properties = false; ///< wants to be told which properties, even the standard ones
  bool takes_chunks = false;     ///< Nextcloud's directory of uploads
  /// Throws failure(unsupported) for those that this program cannot talk to.
  static webdav_quirks of(const std::string& vendor);
};

struct webdav_options {
  std::string url; ///< ends with a slash, without credentials
  std::string vendor;
  webdav_quirks quirks;
  std::optional<name_encoder> encoding; ///< nothing: names go as they are
  std::vector<http_header> headers;
  std::int64_t chunk_size = 0; ///< bytes; 0: no chunks
  std::string uploads_url;     ///< where Nextcloud takes chunks
  bool exclude_shares = false, exclude_mounts = false;
  bool auth_redirect = false;
};

class webdav_storage final : public storage {
public:
  webdav_storage(storage_info info, webdav_options options, std::shared_ptr<web::client> client,
                 std::shared_ptr<webdav::authorization> authorization, const pace& how);
  std::unique_ptr<session> connect(const may_block& on) const override;
  std::size_t connection_limit() const noexcept override { return client_->connections; }

  const webdav_options& options() const { return options_; }
  std::shared_ptr<const web::client> client() const { return client_; }
  webdav::authorization& authorization() const { return *authorization_; }
  pacer& paced() const { return pacer_; }
  std::int64_t tries() const { return tries_; }

private:
  const webdav_options options_;
  const std::shared_ptr<web::client> client_;
  const std::shared_ptr<webdav::authorization> authorization_;
  const std::int64_t tries_;
  mutable pacer pacer_;
};

storage_type webdav_type();

} // namespace argosy
