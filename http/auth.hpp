#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>

#include "core/log.hpp"
#include "metrics/ledger.hpp"

namespace argosy {

/// User name and password of an `Authorization: Basic` header (RFC 7617); nothing when it is anything else.
/// The password begins behind the first colon.
std::optional<std::pair<std::string, std::string>> parse_basic_credentials(std::string_view header);

/// MD5-crypt as Apache's htpasswd (`magic` "$apr1$") and crypt(3) ("$1$") compute it: MAGIC SALT $ DIGEST. Of
/// the salt at most eight characters count, up to a '$'.
std::string md5_crypt(std::string_view password, std::string_view salt, std::string_view magic);

/// True when `password` gives `hash`, a field of an htpasswd file: {SHA}, $apr1$, $1$ or bcrypt ($2a$, $2b$,
/// $2x$, $2y$). Any other kind never matches. Takes as long as the hash demands: bcrypt 50 ms and more.
bool matches_hash(const std::string& password, const std::string& hash);

/// Compares in a time that does not depend on where the texts differ.
bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

/// Says whether credentials are right (rc-surface 2.9). Slow hashes are computed one at a time on a thread of
/// its own, and their results are remembered for a while under a keyed hash: the credentials themselves are
/// not kept. Thread-safe.
class authenticator {
public:
  struct sources {
    std::string user, password; ///< --rc-salt does not matter: equal passwords have equal hashes
    std::string htpasswd_file;  ///< used instead when not empty
  };
  /// Only reads the file later, when somebody asks; `book` and `log` outlive this.
  authenticator(sources from, ledger& book, logger& log);
  ~authenticator();
  authenticator(const authenticator&) = delete;
  authenticator& operator=(const authenticator&) = delete;

  enum class verdict {
    granted,
    refused,
    unknown, ///< has to be computed: check()
  };
  /// What can be said at once about the value of an Authorization header: microseconds, no file is touched.
  verdict glance(std::string_view header);

  /// Looks for a newer htpasswd file if the last look is a second old, computes what is needed, and calls
  /// `done` on a thread of its own. After stop() `done` is dropped uncalled.
  void check(std::string header, std::function<void(bool)> done);
  void stop();

  /// For tests: the next check() looks at the file however recent the last look is.
  void expire_file();

private:
  using clock = std::chrono::steady_clock;
  using digest = std::array<unsigned char, 32>;
  struct digest_hash {
    std::size_t operator()(const digest& d) const noexcept;
  };
  struct known {
    bool granted;
    clock::time_point until;
  };
  // One reading of the file. Any other reading is another object.
  struct user_table {
    std::map<std::string, std::string, std::less<>> hashes;
  };

  verdict judge(const std::string& user, const std::string& password);
  digest key_of(std::string_view user, std::string_view password, std::string_view hash) const;
  void remember(const digest& key, bool granted);
  void refresh();
  void run();

  const sources sources_;
  logger& log_;
  std::array<unsigned char, 32> secret_{}; // of the keyed hash; made anew with each process

  mutable std::mutex mutex_; // of everything below
  std::shared_ptr<const user_table> users_;
  clock::time_point looked_{};   // at the file; never: zero
  std::int64_t file_stamp_[3]{}; // time, size and inode of what was read
  std::unordered_map<digest, known, digest_hash> known_;
  struct job {
    std::string header;
    std::function<void(bool)> done;
  };
  std::deque<job> jobs_;
  std::condition_variable changed_;
  bool stopping_ = false;
  ledger::entry thread_entry_;
  std::thread thread_; // only with an htpasswd file
};

} // namespace argosy
