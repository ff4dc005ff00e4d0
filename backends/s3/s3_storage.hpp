#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>

#include "backends/costly_times.hpp"
#include "backends/s3/role_credentials.hpp"
#include "backends/s3/s3_options.hpp"
#include "backends/web/client.hpp"

namespace argosy {

/// What the sessions of a remote learn of its buckets. Thread-safe.
class known_buckets {
public:
  /// The region in which a bucket is; empty: nothing is known.
  std::string region_of(const std::string& bucket) const;
  void learn_region(const std::string& bucket, const std::string& region);
  bool is_there(const std::string& bucket) const;
  void set_there(const std::string& bucket, bool there);
  /// Whether the server is asked to remove several objects at once: until it is found not to know that.
  bool remove_together() const noexcept { return together_; }
  void do_not_remove_together() noexcept { together_ = false; }

private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::string> regions_;
  std::set<std::string> there_;
  std::atomic<bool> together_{true};
};

class s3_storage final : public storage, public has_costly_times {
public:
  /// `role`: whose credentials are used instead of those of the options; may be empty.
  s3_storage(storage_info info, s3_options options, std::shared_ptr<web::client> client, const pace& how,
             std::shared_ptr<s3::role_credentials> role);
  std::unique_ptr<session> connect(const may_block& on) const override;
  std::size_t connection_limit() const noexcept override { return client_->connections; }
  bool times_cost_requests() const noexcept override { return !options_.server_times; }

  const s3_options& options() const { return options_; }
  std::shared_ptr<const web::client> client() const { return client_; }
  pacer& paced() const { return pacer_; }
  std::int64_t tries() const { return tries_; }
  s3::role_credentials* role() const { return role_.get(); }
  known_buckets& buckets() const { return buckets_; }

private:
  const s3_options options_;
  const std::shared_ptr<web::client> client_;
  const std::shared_ptr<s3::role_credentials> role_;
  const std::int64_t tries_;
  mutable pacer pacer_;
  mutable known_buckets buckets_;
};

storage_type s3_type();

} // namespace argosy
