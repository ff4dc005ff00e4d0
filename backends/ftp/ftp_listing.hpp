#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/listing.hpp"

/// What servers send about files.
namespace argosy {

struct ftp_entry {
  enum class type { file, directory, link };
  std::string name; ///< as the server has it
  type kind = type::file;
  std::int64_t size = -1;
  nanoseconds modified = 0;
};

/// One line of MLSD: facts, a blank, a name (RFC 3659 7). Nothing for the folder itself, its parent, and what
/// cannot be read.
std::optional<ftp_entry> read_facts(std::string_view line);
/// A reply to MLST, where the name is a path and a folder may be called the listed one. Nothing when no line
/// is about a file or folder.
std::optional<ftp_entry> read_facts_reply(std::string_view text);

/// One line of LIST, as `ls -l` or as MS-DOS writes it. Times are taken as UTC; those without a year are the
/// last before a day after `now`. Nothing for `.`, `..`, totals, and what cannot be read.
std::optional<ftp_entry> read_list_line(std::string_view line, nanoseconds now);

/// YYYYMMDDHHMMSS with or without a fraction, in UTC.
std::optional<nanoseconds> read_ftp_time(std::string_view text);
/// Whole seconds, in UTC.
std::string ftp_time(nanoseconds time);

} // namespace argosy
