#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace argosy {

/// Moment and length of something that happened on this thread.
struct trace_slice {
  const char* kind;          ///< a literal: the kind of actor, "task", "call"
  std::string_view what;     ///< name of a message, path of a call; 23 bytes are kept
  std::int64_t begun = 0;    ///< trace_recorder::clock()
  std::int64_t ended = 0;    ///< the same
  std::uint64_t job = 0;     ///< 0: none
  std::uint64_t waiting = 0; ///< messages that waited behind it
};

/// What happens in the daemon, event by event, while somebody wants to know: messages handled, tasks on I/O
/// threads, calls, and figures over time. Off, it costs a look at a flag. Thread-safe.
class trace_recorder {
public:
  /// What comes later is counted and dropped. 48 MiB when full.
  static constexpr std::size_t most_events = std::size_t{1} << 19;

  /// `room`: events of one recording, up to most_events.
  explicit trace_recorder(std::size_t room = most_events);
  ~trace_recorder();
  bool on() const noexcept { return on_.load(std::memory_order_relaxed); }
  static std::int64_t clock() noexcept; ///< nanoseconds of a clock that never goes back

  /// Begins. Throws failure when it is on already, in Go's words.
  void start();
  /// Nothing happens while it is off.
  void slice(const trace_slice& s) noexcept;
  /// An arrow from what this thread does now to where `received` is called with the same number.
  void sent(std::uint64_t arrow) noexcept;
  void received(std::uint64_t arrow) noexcept;
  /// `name` is a literal.
  void figure(const char* name, std::int64_t value) noexcept;
  /// Ends and gives everything as JSON in the form of Chrome's trace events, which ui.perfetto.dev shows,
  /// gzipped. Empty when it was off.
  std::string finish();

private:
  struct event;
  struct chunk;
  event* next() noexcept;
  void record(const event& e) noexcept;
  void forget() noexcept;

  static constexpr std::size_t chunk_size = 4096;
  const std::size_t room_;
  std::atomic<bool> on_{false};
  std::atomic<bool> taken_{false};
  std::atomic<int> writers_{0};
  std::atomic<std::uint64_t> used_{0};
  std::int64_t begun_ = 0;
  std::array<std::atomic<chunk*>, most_events / chunk_size> chunks_{};
};

} // namespace argosy
