#include "backends/sftp/sftp_session.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "backends/local/partial_name.hpp"
#include "backends/sftp/sftp_file.hpp"
#include "backends/sftp/sftp_listing.hpp"
#include "backends/sftp/sftp_sink.hpp"
#include "backends/sftp/sftp_source.hpp"
#include "core/go_text.hpp"

namespace argosy {

namespace {

constexpr nanoseconds second = 1'000'000'000;

[[noreturn]] void directory_missing() { fail(failure_kind::directory_not_found, "directory not found"); }
[[noreturn]] void object_missing() { fail(failure_kind::object_not_found, "object not found"); }

std::string folder_of(const std::string& place) {
  const auto slash = place.find_last_of('/');
  return slash == 0 || slash == std::string::npos ? "/" : place.substr(0, slash);
}

bool is_missing(const sftp_refusal& refusal) { return refusal.status() == sftp_status::no_such_file; }

std::optional<sftp_attributes> look_at(const may_block& on, sftp_client& files, const std::string& place) {
  try {
    return files.attributes(on, files.send(sftp_message::stat, place));
  } catch (const sftp_refusal& refusal) {
    if (is_missing(refusal)) return std::nullopt;
    throw refusal.within("stat failed");
  }
}

} // namespace

std::optional<sftp_attributes> sftp_session::look(const may_block& on, const std::string& place) {
  return use(on, place, [&](sftp_client& files) { return look_at(on, files, place); });
}

void sftp_session::list(const may_block& on, const std::string& directory, const page_sink& page) {
  const auto place = on_server(directory);
  bool given = false;
  const auto give = [&](listing&& entries) {
    given = true;
    page(std::move(entries));
  };
  use(on, place, [&](sftp_client& files) {
    try {
      sftp_list(on, files, {place, directory, storage_.options(), storage_.log()}, give);
    } catch (const connection_lost& why) {
      if (!given) throw;
      // Beginning anew would show entries twice.
      fail(failure_kind::retryable, "error listing " + go_quote(directory) + ": " + why.what());
    }
  });
}

std::optional<object_info> sftp_session::stat(const may_block& on, const std::string& path) {
  const auto found = look(on, on_server(path));
  if (!found || !(found->is_directory() || found->is_regular())) return std::nullopt;
  object_info info;
  info.kind = found->is_directory() ? entry_kind::directory : entry_kind::file;
  if (!found->is_directory() && found->size) info.size = static_cast<std::int64_t>(*found->size);
  if (found->times) info.modified = found->times->second * second;
  return info;
}

std::unique_ptr<object_source> sftp_session::open(const may_block& on, const std::string& path,
                                                  std::int64_t offset, std::int64_t length) {
  auto place = on_server(path);
  begin(on, place);
  return std::make_unique<sftp_source>(on, link_, std::move(place), offset, length);
}

std::unique_ptr<object_sink> sftp_session::create(const may_block& on, const put_request& request) {
  sftp_sink_needs needs{
      link_, [this](const may_block& o, const std::string& place) { make_folders(o, folder_of(place)); },
      [this](const may_block& o, const std::string& place, hash_type type) {
        return hash_at(o, place, type);
      },
      [this](const may_block& o, const std::string& from, const std::string& to) {
        try {
          if (rename(o, from, to)) return;
        } catch (const sftp_refusal& refusal) {
          throw refusal.within("Update Rename failed");
        }
        fail(failure_kind::other, "Update Rename failed: " + go_quote(to) + " cannot be replaced");
      }};
  auto place = on_server(request.path);
  begin(on, place);
  return std::make_unique<sftp_sink>(on, std::move(needs), std::move(place), request);
}

void sftp_session::remove(const may_block& on, const std::string& path) {
  const auto place = on_server(path);
  bool again = false;
  use(on, place, [&](sftp_client& files) {
    const bool may_be_gone = std::exchange(again, true);
    try {
      files.done(on, files.send(sftp_message::remove, place));
    } catch (const sftp_refusal& refusal) {
      if (is_missing(refusal) && may_be_gone) return;
      if (is_missing(refusal)) object_missing();
      const auto looked = files.send(sftp_message::lstat, place);
      bool is_directory = false;
      try {
        is_directory = files.attributes(on, looked).is_directory();
      } catch (const sftp_refusal&) {
        throw refusal;
      }
      if (is_directory) fail(failure_kind::is_a_directory, "is a directory not a file");
      throw;
    }
  });
}

void sftp_session::make_folders(const may_block& on, const std::string& place) {
  // Down from the nearest that is there.
  for (std::vector<std::string> missing{place}; !missing.empty();) {
    const auto folder = missing.back();
    const bool made = use(on, folder, [&](sftp_client& files) {
      try {
        files.done(on, files.send(sftp_message::mkdir, folder, sftp_attributes{}));
        return true;
      } catch (const sftp_refusal& refusal) {
        if (is_missing(refusal) && folder != "/") return false;
        // There already, or made by another session just now.
        const auto found = look_at(on, files, folder);
        if (found && found->is_directory()) return true;
        throw refusal.within("mkdir " + go_quote(folder) + " failed");
      }
    });
    if (made)
      missing.pop_back();
    else
      missing.push_back(folder_of(folder));
  }
}

void sftp_session::make_directory(const may_block& on, const std::string& path) {
  make_folders(on, on_server(path));
}

void sftp_session::remove_directory(const may_block& on, const std::string& path) {
  const auto place = on_server(path);
  bool again = false;
  use(on, place, [&](sftp_client& files) {
    const bool may_be_gone = std::exchange(again, true);
    try {
      // Some servers would remove what is in it, too.
      if (!sftp_is_empty(on, files, place)) fail(failure_kind::other, "directory not empty");
      files.done(on, files.send(sftp_message::rmdir, place));
    } catch (const failure& why) {
      const auto* refusal = dynamic_cast<const sftp_refusal*>(&why);
      const bool missing =
          why.kind() == failure_kind::directory_not_found || (refusal != nullptr && is_missing(*refusal));
      if (missing && may_be_gone) return;
      if (missing) directory_missing();
      throw;
    }
  });
}

void sftp_session::set_times(const may_block& on, const std::string& place, nanoseconds modified,
                             void (*missing)()) {
  if (!storage_.options().set_modtime) return;
  use(on, place, [&](sftp_client& files) {
    try {
      files.done(on, files.send(sftp_message::setstat, place, sftp_times(modified)));
    } catch (const sftp_refusal& refusal) {
      if (is_missing(refusal)) missing();
      throw refusal.within("SetModTime failed");
    }
  });
}

void sftp_session::set_modified(const may_block& on, const std::string& path, nanoseconds modified) {
  set_times(on, on_server(path), modified, [] { object_missing(); });
}

void sftp_session::set_directory_modified(const may_block& on, const std::string& path,
                                          nanoseconds modified) {
  set_times(on, on_server(path), modified, [] { directory_missing(); });
}

std::string sftp_session::hash(const may_block& on, const std::string& path, hash_type type) {
  const auto place = on_server(path);
  try {
    if (auto hex = hash_at(on, place, type); !hex.empty()) return hex;
  } catch (const connection_lost&) {
    throw;
  } catch (const failure& why) {
    if (why.kind() == failure_kind::cancelled) throw;
    require_file(on, place);
    throw;
  }
  require_file(on, place);
  return {};
}

void sftp_session::require_file(const may_block& on, const std::string& place) {
  const auto found = look(on, place);
  if (!found) object_missing();
  if (found->is_directory()) fail(failure_kind::is_a_directory, "is a directory not a file");
}

std::string sftp_session::hash_at(const may_block& on, const std::string& place, hash_type type) {
  const auto& shell = storage_.shell();
  const auto command = shell.hash_commands.find(type);
  if (command == shell.hash_commands.end()) return {};
  const auto argument = storage_.place_in_command(place);
  begin(on, place);
  return link_.use(on, [&](sftp_connection& connection) {
    connection.doing_at_length("hashing", place);
    try {
      return hash_in_output(connection.shell(shell.kind).run(on, command->second + " " + argument));
    } catch (const connection_lost&) {
      throw;
    } catch (const failure& why) {
      if (why.kind() == failure_kind::cancelled) throw;
      throw why.within(std::string{"failed to calculate "} + hash_name(type) + " hash");
    }
  });
}

bool sftp_session::rename(const may_block& on, const std::string& from, const std::string& to) {
  bool again = false;
  return use(on, to, [&](sftp_client& files) {
    const bool may_be_done = std::exchange(again, true);
    try {
      if (files.offers("posix-rename@openssh.com")) {
        files.done(on, files.send(sftp_message::extended, "posix-rename@openssh.com", from, to));
        return true;
      }
      // The protocol's own rename does not replace.
      const auto removed = files.send(sftp_message::remove, to);
      const auto renamed = files.send(sftp_message::rename, from, to);
      files.done(on, renamed);
      return true;
    } catch (const sftp_refusal& refusal) {
      if (is_missing(refusal) && may_be_done && look_at(on, files, to)) return true;
      // Into a directory, or onto another file system.
      if (refusal.status() == sftp_status::failure) return false;
      throw;
    }
  });
}

bool sftp_session::move_from(const may_block& on, session& other, const std::string& from,
                             const std::string& to) {
  on.check();
  auto* const source = dynamic_cast<sftp_session*>(&other);
  if (source == nullptr) return false;
  const auto old_place = source->on_server(from);
  const auto new_place = on_server(to);
  for (bool folder_made = false;;) {
    try {
      return rename(on, old_place, new_place);
    } catch (const sftp_refusal& refusal) {
      if (!is_missing(refusal)) throw refusal.within("Move Rename failed");
      if (folder_made || !look(on, old_place)) object_missing();
      make_folders(on, folder_of(new_place));
      folder_made = true;
    }
  }
}

bool sftp_session::move_directory_from(const may_block& on, session& other, const std::string& from,
                                       const std::string& to) {
  on.check();
  auto* const source = dynamic_cast<sftp_session*>(&other);
  if (source == nullptr) return false;
  const auto old_place = source->on_server(from);
  const auto new_place = on_server(to);
  const auto found = look(on, old_place);
  if (!found) directory_missing();
  if (!found->is_directory()) return false;
  // Looked at first, because making the parents of a target inside the source would be in vain.
  if (look(on, new_place) || new_place.compare(0, old_place.size() + 1, old_place + "/") == 0) return false;
  make_folders(on, folder_of(new_place));
  bool again = false;
  return use(on, new_place, [&](sftp_client& files) {
    const bool may_be_done = std::exchange(again, true);
    try {
      files.done(on, files.send(sftp_message::rename, old_place, new_place));
      return true;
    } catch (const sftp_refusal& refusal) {
      if (may_be_done && !look_at(on, files, old_place) && look_at(on, files, new_place)) return true;
      if (refusal.status() == sftp_status::failure) return false;
      throw refusal.within("DirMove Rename(" + go_quote(old_place) + "," + go_quote(new_place) + ") failed");
    }
  });
}

bool sftp_session::copy_from(const may_block& on, session& other, const copy_request& request,
                             const copy_policy& policy) {
  on.check();
  auto* const source = dynamic_cast<sftp_session*>(&other);
  if (source == nullptr || !storage_.options().copy_is_hardlink) return false;
  const auto old_place = source->on_server(request.from);
  const auto new_place = on_server(request.to);
  const auto slash = new_place.find_last_of('/') + 1;
  // A link cannot take the place of a file, so it comes under another name first.
  const auto link =
      new_place.substr(0, slash) + partial_name(std::string_view{new_place}.substr(slash),
                                                partial_mark(new_place, request.size, request.modified),
                                                policy.partial_suffix);
  if (!make_link(on, old_place, link)) return false;
  if (!rename(on, link, new_place)) return false;
  // Renaming one name of a file to another of the same file does nothing.
  use(on, link, [&](sftp_client& files) { files.send(sftp_message::remove, link); });
  on.account_free(static_cast<std::uint64_t>(std::max<std::int64_t>(request.size, 0)));
  return true;
}

bool sftp_session::make_link(const may_block& on, const std::string& from, const std::string& to) {
  for (bool folder_made = false;;) {
    const auto refused = use(on, to, [&](sftp_client& files) -> std::optional<sftp_refusal> {
      if (!files.offers("hardlink@openssh.com")) return sftp_refusal{sftp_status::unsupported};
      try {
        files.done(on, files.send(sftp_message::extended, "hardlink@openssh.com", from, to));
        return std::nullopt;
      } catch (const sftp_refusal& refusal) {
        return refusal;
      }
    });
    if (!refused) return true;
    if (refused->status() == sftp_status::unsupported) return false;
    if (!is_missing(*refused)) throw refused->within("Copy failed");
    if (folder_made || !look(on, from)) object_missing();
    make_folders(on, folder_of(to));
    folder_made = true;
  }
}

storage_usage sftp_session::about(const may_block& on) {
  const auto place = on_server("");
  const auto told = use(on, place, [&](sftp_client& files) -> std::optional<storage_usage> {
    if (!files.offers("statvfs@openssh.com")) return std::nullopt;
    try {
      const auto body = files.extended(on, files.send(sftp_message::extended, "statvfs@openssh.com", place));
      sftp_packet_reader fields{body};
      fields.large_number(); // the size of blocks for input and output
      const auto unit = fields.large_number();
      const auto total = fields.large_number();
      const auto free = fields.large_number();
      const auto bytes = [unit](std::uint64_t blocks) { return static_cast<std::int64_t>(blocks * unit); };
      storage_usage usage;
      usage.total = bytes(total);
      usage.used = bytes(total - free);
      usage.free = bytes(free);
      return usage;
    } catch (const sftp_refusal& refusal) {
      if (is_missing(refusal)) directory_missing();
      return std::nullopt;
    }
  });
  if (told) return *told;
  const auto kind = storage_.shell().kind;
  if (kind == shell_kind::none || kind == shell_kind::cmd)
    fail(failure_kind::unsupported, "not supported with shell type " + go_quote(shell_name(kind)));
  return link_.use(on, [&](sftp_connection& connection) {
    auto& shell = connection.shell(kind);
    const auto argument = storage_.place_in_command(place);
    if (kind == shell_kind::posix) return usage_in_output(shell.run(on, "df -k " + argument));
    return drive_usage_in_output(
        shell.run(on, "Get-Item " + argument +
                          " -ErrorAction Stop|Select-Object -First 1 -ExpandProperty "
                          "PSDrive|ForEach-Object{\"$($_.Used) $($_.Free)\"}"));
  });
}

} // namespace argosy
