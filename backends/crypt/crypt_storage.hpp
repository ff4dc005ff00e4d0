#pragma once

#include <memory>
#include <string>

#include "backends/crypt/keys.hpp"
#include "backends/crypt/name_cipher.hpp"
#include "backends/table.hpp"

namespace argosy {

/// What the options of a crypt remote say (rc-surface 6.5).
struct crypt_options {
  crypt::name_rules names;
  crypt::keys keys;
  bool encrypt_data = true;
  bool pass_bad_blocks = false;
  bool strict_names = false; ///< a name that cannot be decrypted is an error
  bool show_mapping = false; ///< encrypted names are told
  bool server_side_across_configs = false;
};

/// Another storage whose names and contents are encrypted.
class crypt_storage final : public storage {
public:
  /// `inner` is the place where the files of `root` are kept. `log` outlives the storage.
  crypt_storage(std::string name, std::string prefix, std::string root, std::shared_ptr<storage> inner,
                crypt_options options, logger& log);

  std::unique_ptr<session> connect(const may_block& on) const override;
  const storage* wrapped() const noexcept override { return inner_.get(); }
  /// A session holds one of the wrapped storage.
  std::size_t connection_limit() const noexcept override { return inner_->connection_limit(); }
  std::optional<std::chrono::nanoseconds> idle_limit() const noexcept override {
    return inner_->idle_limit();
  }

  const storage& inner() const noexcept { return *inner_; }
  const crypt_options& options() const noexcept { return options_; }
  logger& log() const noexcept { return log_; }

private:
  std::shared_ptr<storage> inner_;
  crypt_options options_;
  logger& log_;
};

storage_type crypt_type();

} // namespace argosy
