#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <sys/types.h>

namespace argosy {

/// What the kernel tells of this process. Fields that cannot be read are 0.
struct process_figures {
  double cpu_seconds = 0; ///< user and system, all threads
  std::uint64_t open_descriptors = 0, descriptor_limit = 0;
  std::uint64_t resident_bytes = 0, virtual_bytes = 0, virtual_limit_bytes = 0; ///< limit 2^64-1: none
  std::uint64_t threads = 0, children = 0; ///< children: not yet waited for
  double start_time_seconds = 0;           ///< since 1970; the same in every reading
  /// Of all processes in the network namespace: the kernel does not count by process.
  std::uint64_t network_received_bytes = 0, network_sent_bytes = 0;
};
/// About 0.1 ms; any thread.
process_figures read_process();

/// Resident size in bytes, 0 when it cannot be read. About 5 us.
std::uint64_t read_resident_bytes();

/// Open descriptors by type: file, directory, socket, pipe, eventfd, eventpoll, timerfd, memfd, anon (other
/// kernel objects), other (devices). Every type is present, with 0 if need be. Reads every link of
/// /proc/self/fd: about 1 us each.
std::map<std::string, std::uint64_t> read_descriptor_types();

/// State of a socket in the network as netstat names it: "ESTABLISHED", "CLOSE_WAIT"; "UNCONN" for what has
/// none, such as unix sockets, and for what is no socket.
const char* read_socket_state(int descriptor);

/// The file system that a path is on. Nothing when there is no such path. May block as long as that file
/// system does.
struct file_system_figures {
  std::uint64_t bytes = 0, free_bytes = 0; ///< free: for this user
  std::uint64_t inodes = 0, free_inodes = 0;
};
std::optional<file_system_figures> read_file_system(const std::string& path);

/// The threads of this process by their number, with the names that they gave themselves ("io", "http").
/// Reads a file of each: about 5 us.
std::map<pid_t, std::string> read_threads();

/// Stacks of all threads: address space set aside, and what of it is in memory. Recognizes the default stacks
/// of glibc by their guard page, those it keeps for later threads included; others are not counted. Reads
/// /proc/self/maps.
struct stack_figures {
  std::uint64_t reserved = 0, touched = 0;
};
stack_figures read_stacks();

/// The smallest memory limit of the control groups around this process in bytes, 2^63-1 (as in Go) without
/// one. `root` stands before /proc and /sys, for tests.
std::uint64_t read_memory_limit(const std::string& root = {});

/// How many threads there may be: the smallest of the system's limit and those of the control groups around
/// this process, which count the threads of all that is in them. 2^64-1 when none can be read.
std::uint64_t read_thread_limit(const std::string& root = {});

} // namespace argosy
