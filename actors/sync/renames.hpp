#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/sync/file_queue.hpp"
#include "core/options.hpp"

namespace argosy {

/// A file that only one side has.
struct lone_file {
  std::shared_ptr<const directory_plan> plan;
  std::uint32_t file = 0; ///< of plan->source or plan->destination
};

/// The option track_renames (rc-surface 3.6.9): files that only the source has are looked for among those
/// that only the destination has. No actor: the plan gathers, has hashes computed, and asks for the pairs.
class rename_tracker {
public:
  /// `strategies`: hash, modtime and leaf, separated by commas. `window` is that of modification times, ns.
  /// Throws failure(other) for another word.
  rename_tracker(std::string_view strategies, nanoseconds window);
  bool needs_hash() const noexcept { return by_hash_; }
  bool needs_times() const noexcept { return by_time_; }

  void add_source(lone_file one) { sources_.push_back({std::move(one), {}}); }
  void add_destination(lone_file one) { destinations_.push_back({std::move(one), {}}); }

  /// One file whose hash is wanted, and where it goes; valid until match().
  struct hash_wish {
    std::string path;
    std::string* into;
  };
  /// After everything was added: files that have a counterpart of their size on the other side.
  std::vector<hash_wish> source_hashes() { return wishes(sources_, destinations_, run_kind::copy); }
  std::vector<hash_wish> destination_hashes() { return wishes(destinations_, sources_, run_kind::remove); }

  struct matches {
    std::vector<std::pair<lone_file, lone_file>> renames; ///< source, destination
    std::vector<lone_file> sources, destinations;         ///< the others
  };
  matches match();
  /// The same without any renames.
  matches give_up();

private:
  struct candidate {
    lone_file file;
    std::string hash;
  };
  std::vector<hash_wish> wishes(std::vector<candidate>& of, const std::vector<candidate>& others,
                                run_kind side) const;
  bool by_hash_ = false, by_time_ = false, by_leaf_ = false;
  nanoseconds window_;
  std::vector<candidate> sources_, destinations_;
};

/// Gathers lone files by the directories that they are in, as queues take them.
std::vector<file_chunk> chunks_of(const std::vector<lone_file>& files, run_kind kind);

} // namespace argosy
