#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backends/rate_limiter.hpp"

namespace argosy {

/// How much all jobs together may do at once with one remote, and how fast. Remotes go by their names, as
/// storage_info has them. Thread-safe; outlives what it lends. Limits change while jobs run.
class remote_limits {
public:
  enum class work : std::uint8_t { transfer, check };
  struct figures {
    std::int64_t most = 0; ///< at once; 0: no limit
    std::int64_t busy = 0; ///< now
  };
  struct view {
    figures transfers, checkers;
    std::int64_t bandwidth = -1; ///< bytes per second; -1: no limit
  };
  class gate;

  /// Room for one piece of work at each remote of a gate, while it lives.
  class pass {
  public:
    pass() = default;
    pass(pass&& other) noexcept { *this = std::move(other); }
    pass& operator=(pass&& other) noexcept {
      std::swap(of_, other.of_);
      names_.swap(other.names_);
      std::swap(kind_, other.kind_);
      return *this;
    }
    ~pass();

  private:
    friend class gate;
    pass(remote_limits& of, std::vector<std::string> names, work kind) :
        of_(&of), names_(std::move(names)), kind_(kind) {}
    remote_limits* of_ = nullptr;
    std::vector<std::string> names_;
    work kind_ = work::transfer;
  };

  /// Where one job asks for room for one kind of work. Who is refused waits in line: nobody overtakes it at a
  /// remote whose limit is reached.
  class gate {
  public:
    /// `wake` is called, on any thread and under no lock, when it may be worth asking again.
    gate(remote_limits& of, std::vector<std::string> names, work kind, std::function<void()> wake);
    ~gate();
    gate(const gate&) = delete;
    gate& operator=(const gate&) = delete;
    /// Nothing: there is no room; from now on in line.
    std::optional<pass> enter();
    /// Has nothing to do now: out of line.
    void leave();

  private:
    friend class remote_limits;
    remote_limits& of_;
    const std::vector<std::string> names_;
    const work kind_;
    const std::function<void()> wake_;
    std::optional<std::list<gate*>::iterator> place_; // in line
  };

  /// Most at once; 0: no limit.
  void set(const std::string& name, work kind, std::int64_t most);
  /// Bytes per second, both ways together; not positive: no limit.
  void set_bandwidth(const std::string& name, std::int64_t rate);
  /// For the bytes of one remote.
  byte_throttle& throttle(const std::string& name);
  view of(const std::string& name) const;
  /// Of those that have a limit or had one.
  std::map<std::string, view> all() const;

private:
  struct entry {
    std::array<figures, 2> work; // by kind
    rate_limiter bandwidth;
    bool named = false; // somebody has set a limit
  };
  static std::size_t place_of(work kind) { return static_cast<std::size_t>(kind); }
  static view seen(const entry& one);
  /// Under the lock.
  bool has_room(const gate& who) const;
  void give_back(const std::vector<std::string>& names, work kind);
  void wake_waiting();

  mutable std::mutex mutex_;
  std::map<std::string, entry> remotes_; // never removed: throttles are in use; as many as names of remotes
  std::list<gate*> waiting_;             // in line
};

/// The limits of several places behind one call: all of them count.
class throttle_chain final : public byte_throttle {
public:
  explicit throttle_chain(std::vector<byte_throttle*> links) : links_(std::move(links)) {}
  void pass(std::uint64_t count, const cancellation& stop) override {
    for (auto* link : links_) link->pass(count, stop);
  }
  bool limits() const noexcept override {
    for (const auto* link : links_)
      if (link->limits()) return true;
    return false;
  }

private:
  const std::vector<byte_throttle*> links_; // outlive it
};

} // namespace argosy
