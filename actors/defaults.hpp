#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Numbers with a name, a unit and a reason.
namespace argosy::defaults {

/// No request of ours waits longer inside the process: answers take microseconds, so this only ends what is
/// lost.
constexpr auto answer = std::chrono::seconds(30);

/// Messages an actor handles before others get their turn: without it a full mailbox keeps a worker for ever
/// (1 s seen, 0.4 ms with 50).
constexpr std::size_t messages_per_turn = 50;

/// Files of one run between two local folders. 64 amortise the actor, the two leases and the wake-up of a
/// thread (about 60 us) over 1.5 ms of work.
constexpr std::size_t run_files = 64;
/// Bytes of one run: more would keep one of few workers on small files while others idle at the end.
constexpr std::uint64_t run_bytes = 8u << 20;

/// Open connections of one remote: more than any sensible transfers + checkers.
constexpr std::size_t connections = 64;
/// A connection that nobody used this long is closed.
constexpr auto connection_idle = std::chrono::seconds(60);

/// Connecting, with all its attempts, takes no longer, or something is wrong: a time-out of a minute
/// (ConnectTimeout) and ten attempts (LowLevelRetries) are usual.
constexpr auto longest_connecting = std::chrono::minutes(15);

/// rclone forgets a remote after 5 minutes unused (rc-surface 2.7).
constexpr auto remote_unused = std::chrono::minutes(5);
/// How often is looked for them, for connections that were idle too long, and for those that a server has
/// closed: servers do so after 5 s and more, and until then such a socket hangs in CLOSE_WAIT. A prime, as
/// periodic tasks run at different periods.
constexpr auto remote_sweep = std::chrono::seconds(7);

/// Records of ended synchronous calls that are kept for job/status: with strings. 8 MiB hold about 60,000
/// calls of rc/noop.
constexpr std::uint64_t history_bytes = 8u << 20;

/// Finished items kept a group: when one more finishes and more than this are listed, the oldest finished
/// goes (rc-surface 3.4).
constexpr std::size_t transferred_kept = 100;

} // namespace argosy::defaults
