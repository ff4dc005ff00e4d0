#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "backends/table.hpp"
#include "backends/union/policy.hpp"

namespace argosy {

/// What is known of the space at an upstream, asked for again when it is old. Thread-safe.
class usage_cache {
public:
  explicit usage_cache(std::chrono::seconds lifetime) : lifetime_(lifetime) {}
  /// Asks `at` when it must. An upstream that cannot tell, or does not exist yet, knows nothing.
  storage_usage get(const may_block& on, session& at);
  /// An object grew by that many bytes, or came into being.
  void stored(std::int64_t bytes, bool created);

private:
  std::chrono::seconds lifetime_;
  std::mutex mutex_;
  storage_usage known_;
  std::chrono::steady_clock::time_point fresh_until_{}; // the beginning: never asked
};

/// One of the storages that a union shows as one.
struct union_upstream {
  std::shared_ptr<storage> at;
  bool writable = true;   ///< not `:ro`
  bool creatable = true;  ///< nor `:nc`
  bool writeback = false; ///< `:writeback`: what is read elsewhere is copied there first
  std::shared_ptr<usage_cache> usage;
};

struct union_options {
  union_policy action, create, search;
  std::int64_t min_free = 0; ///< bytes
};

/// Several storages in one place: folders are merged, and policies say where things are found and put.
class union_storage final : public storage {
public:
  /// Paths below `root` are the same in all upstreams. `all` has those that were configured, of which
  /// `used` are looked at. `log` outlives the storage.
  union_storage(std::string name, std::string prefix, std::string root,
                const std::vector<union_upstream>& all, std::vector<union_upstream> used,
                union_options options, logger& log);

  std::unique_ptr<session> connect(const may_block& on) const override;
  std::size_t connection_limit() const noexcept override { return connections_; }

  const std::vector<union_upstream>& upstreams() const noexcept { return upstreams_; }
  const union_options& options() const noexcept { return options_; }
  logger& log() const noexcept { return log_; }

private:
  std::vector<union_upstream> upstreams_;
  union_options options_;
  std::size_t connections_;
  logger& log_;
};

storage_type union_type();

} // namespace argosy
