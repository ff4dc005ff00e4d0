#include "backends/ftp/ftp_session.hpp"

#include <algorithm>
#include <utility>

#include "backends/ftp/ftp_sink.hpp"
#include "core/go_text.hpp"

namespace argosy {

namespace {

constexpr std::size_t page_entries = 1000;
// Commands that are given to curl at once; the cancellation is looked at in between, too.
constexpr std::size_t commands_at_once = 100;

// Attempts at a file whose folder others make, and perhaps remove, at the same time.
constexpr int most_folder_races = 3;

[[noreturn]] void directory_missing() { fail(failure_kind::directory_not_found, "directory not found"); }
[[noreturn]] void object_missing() { fail(failure_kind::object_not_found, "object not found"); }

bool is_top(const std::string& place) { return place.empty() || place == "/"; }

std::string folder_of(const std::string& place) {
  const auto slash = place.find_last_of('/');
  if (slash == std::string::npos) return "";
  return slash == 0 ? "/" : place.substr(0, slash);
}

std::string place_in(const std::string& folder, const std::string& name) {
  return folder.empty() || folder.back() == '/' ? folder + name : folder + "/" + name;
}

std::optional<std::int64_t> size_in(const ftp_reply& reply) {
  constexpr int file_status = 213;
  if (reply.code != file_status) return std::nullopt;
  try {
    return go_parse_int(reply.text.substr(0, reply.text.find_last_not_of(' ') + 1));
  } catch (const failure&) {
    return std::nullopt;
  }
}

std::optional<nanoseconds> time_in(const ftp_reply& reply) {
  return reply.good() ? read_ftp_time(reply.text) : std::nullopt;
}

object_info info_of(const ftp_entry& entry) {
  object_info info;
  info.kind = entry.kind == ftp_entry::type::directory ? entry_kind::directory : entry_kind::file;
  info.size = info.kind == entry_kind::file ? entry.size : -1;
  info.modified = entry.modified;
  return info;
}

class nothing_left final : public object_source {
public:
  std::size_t read(const may_block& on, char*, std::size_t) override {
    on.check();
    return 0;
  }
};

} // namespace

ftp_session::ftp_session(const ftp_storage& storage, std::unique_ptr<ftp_client> client) :
    session(storage), storage_(storage), client_(std::move(client)) {
  if (!client_) client_ = std::make_unique<ftp_client>(storage_.server());
  client_->show_by([this](std::string_view place) { show(place); });
}

std::optional<ftp_entry> ftp_session::look(const may_block& on, const std::string& place) {
  if (is_top(place)) return ftp_entry{"", ftp_entry::type::directory, -1, now()};
  if (knows_facts(on)) {
    const auto reply = ask(on, place, {"MLST " + place}).front();
    if (reply.good()) {
      auto found = read_facts_reply(reply.text);
      if (found && found->kind != ftp_entry::type::link) return found;
    } else if (reply.unavailable()) {
      return std::nullopt;
    }
    // What is neither good nor a clear answer is looked for in other ways.
  }
  const auto able = paced(on, [&] { return client_->abilities(on); });
  if (!able.size) return look_in_parent(on, place);
  std::vector<std::string> commands{"TYPE I", "SIZE " + place};
  if (able.mdtm) commands.push_back("MDTM " + place);
  const auto replies = ask(on, place, commands);
  if (const auto size = size_in(replies[1])) {
    const auto time = able.mdtm ? time_in(replies[2]) : std::nullopt;
    if (!able.mdtm || time) return ftp_entry{"", ftp_entry::type::file, *size, time.value_or(0)};
  }
  if (is_folder(on, place)) return ftp_entry{"", ftp_entry::type::directory, -1, 0};
  return std::nullopt;
}

std::optional<ftp_entry> ftp_session::look_in_parent(const may_block& on, const std::string& place) {
  if (is_folder(on, place)) return ftp_entry{"", ftp_entry::type::directory, -1, 0};
  const auto leaf = place.substr(place.find_last_of('/') + 1);
  std::vector<ftp_entry> all;
  try {
    all = listed(on, folder_of(place));
  } catch (const ftp_refusal&) {
    return std::nullopt; // the folder is missing, too
  }
  all.erase(std::remove_if(all.begin(), all.end(), [&](const ftp_entry& e) { return e.name != leaf; }),
            all.end());
  find_times(on, folder_of(place), all);
  return all.empty() ? std::nullopt : std::optional{all.front()};
}

std::vector<ftp_entry> ftp_session::listed(const may_block& on, const std::string& folder) {
  const bool facts = knows_facts(on);
  const char* command = facts ? "MLSD" : storage_.options().list_hidden ? "LIST -a" : "LIST";
  const auto present = now();
  return paced(on, [&] {
    std::vector<ftp_entry> found;
    client_->list(on, command, folder, [&](std::string_view line) {
      auto entry = facts ? read_facts(line) : read_list_line(line, present);
      if (entry && entry->name.find('/') == std::string::npos) found.push_back(std::move(*entry));
    });
    return found;
  });
}

std::vector<ftp_entry> ftp_session::entries_of(const may_block& on, const std::string& folder) {
  std::vector<ftp_entry> found;
  try {
    found = listed(on, folder);
  } catch (const ftp_refusal& refusal) {
    constexpr int wrong_argument = 501;
    if (refusal.code() != 550 && refusal.code() != 450 && refusal.code() != wrong_argument) throw;
    if (!is_top(folder) && !is_folder(on, folder)) directory_missing();
    throw;
  }
  // Servers list nothing where nothing is, and the file itself where it is one.
  if (found.size() <= 1 && !is_top(folder) && !is_folder(on, folder)) directory_missing();
  follow_links(on, folder, found);
  if (!knows_facts(on)) find_times(on, folder, found);
  return found;
}

void ftp_session::follow_links(const may_block& on, const std::string& folder,
                               std::vector<ftp_entry>& entries) {
  const auto follow = [&](ftp_entry& entry) {
    if (entry.kind != ftp_entry::type::link) return true;
    const auto target = look(on, place_in(folder, entry.name));
    if (!target || target->kind == ftp_entry::type::link) return false;
    entry.kind = target->kind;
    entry.size = target->size;
    if (target->modified != 0) entry.modified = target->modified;
    return true;
  };
  entries.erase(std::remove_if(entries.begin(), entries.end(), [&](ftp_entry& e) { return !follow(e); }),
                entries.end());
}

void ftp_session::find_times(const may_block& on, const std::string& folder,
                             std::vector<ftp_entry>& entries) {
  if (!paced(on, [&] { return client_->abilities(on); }).mdtm) return;
  std::vector<ftp_entry*> files;
  for (auto& entry : entries)
    if (entry.kind == ftp_entry::type::file) files.push_back(&entry);
  for (std::size_t at = 0; at < files.size(); at += commands_at_once) {
    const auto end = std::min(files.size(), at + commands_at_once);
    std::vector<std::string> commands;
    for (auto i = at; i < end; ++i) commands.push_back("MDTM " + place_in(folder, files[i]->name));
    const auto replies = ask(on, folder, commands);
    for (auto i = at; i < end; ++i)
      if (const auto time = time_in(replies[i - at])) files[i]->modified = *time;
  }
}

void ftp_session::list(const may_block& on, const std::string& directory, const page_sink& page) {
  const auto entries = entries_of(on, on_server(directory));
  listing part;
  for (const auto& entry : entries) {
    const auto info = info_of(entry);
    part.add(storage_.options().encoding.to_standard(entry.name), info.kind, info.size, info.modified);
    if (part.size() == page_entries) page(std::exchange(part, {}));
  }
  if (!part.empty()) page(std::move(part));
}

std::optional<object_info> ftp_session::stat(const may_block& on, const std::string& path) {
  const auto found = look(on, on_server(path));
  return found ? std::optional{info_of(*found)} : std::nullopt;
}

void ftp_session::require_file(const may_block& on, const std::string& place) {
  const auto found = look(on, place);
  if (!found) object_missing();
  if (found->kind == ftp_entry::type::directory)
    fail(failure_kind::is_a_directory, "is a directory not a file");
}

std::int64_t ftp_session::size_of(const may_block& on, const std::string& place) {
  if (!paced(on, [&] { return client_->abilities(on); }).size) return -1;
  return size_in(ask(on, place, {"TYPE I", "SIZE " + place})[1]).value_or(-1);
}

std::unique_ptr<object_source> ftp_session::open(const may_block& on, const std::string& path,
                                                 std::int64_t offset, std::int64_t length) {
  const auto place = on_server(path);
  if (length == 0) {
    require_file(on, place);
    return std::make_unique<nothing_left>();
  }
  try {
    auto exchange = paced(on, [&] { return client_->retrieve(on, place, offset); });
    // With an offset servers announce the one or the other.
    const auto announced = offset == 0 ? exchange->announced_size() : -1;
    return std::make_unique<ftp_source>(std::move(exchange), offset, length,
                                        [this, place, announced](const may_block& here) {
                                          return announced >= 0 ? announced : size_of(here, place);
                                        });
  } catch (const ftp_refusal&) {
    const auto found = look(on, place);
    if (!found) object_missing();
    if (found->kind == ftp_entry::type::directory)
      fail(failure_kind::is_a_directory, "is a directory not a file");
    // Some servers do not begin behind the end.
    if (offset > 0 && found->size >= 0 && offset >= found->size) return std::make_unique<nothing_left>();
    throw;
  }
}

std::optional<std::string> ftp_session::time_command(const may_block& on, const std::string& place,
                                                     nanoseconds modified) {
  const auto able = paced(on, [&] { return client_->abilities(on); });
  if (able.mfmt) return "MFMT " + ftp_time(modified) + " " + place;
  if (able.mdtm && storage_.options().writing_mdtm) return "MDTM " + ftp_time(modified) + " " + place;
  return std::nullopt;
}

std::unique_ptr<object_sink> ftp_session::create(const may_block& on, const put_request& request) {
  ftp_sink_needs needs{*client_,
                       [this](const may_block& o, const std::string& place) {
                         const auto folder = folder_of(place);
                         for (int left = most_folder_races;; --left) {
                           try {
                             return paced(o, [&] { return client_->store(o, place); });
                           } catch (const ftp_refusal&) {
                             if (is_top(folder) || left == 0) throw;
                             // Another session may be making it, too.
                             if (!is_folder(o, folder)) make_folders(o, folder);
                           }
                         }
                       },
                       [this](const may_block& o, const std::string& place, nanoseconds modified) {
                         if (const auto command = time_command(o, place, modified))
                           if (const auto reply = ask(o, place, {*command}).front(); !reply.good())
                             throw_refused(reply, "SetModTime");
                         object_info info;
                         if (!storage_.options().check_upload) return info;
                         const auto found = look(o, place);
                         if (!found)
                           fail(failure_kind::retryable, "the server does not have what was uploaded to it");
                         info = info_of(*found);
                         return info;
                       },
                       [this](const may_block& o, const std::string& from, const std::string& to) {
                         rename_into_folder(o, from, to, "update Rename failed");
                       }};
  return std::make_unique<ftp_sink>(on, std::move(needs), on_server(request.path), request);
}

void ftp_session::remove(const may_block& on, const std::string& path) {
  const auto place = on_server(path);
  const auto reply = ask(on, place, {"DELE " + place}).front();
  if (reply.good()) return;
  require_file(on, place);
  throw_refused(reply);
}

void ftp_session::make_folders(const may_block& on, const std::string& place) {
  if (is_top(place)) return;
  auto reply = ask(on, place, {"MKD " + place}).front();
  if (reply.good() || is_folder(on, place)) return;
  const auto parent = folder_of(place);
  if (is_top(parent)) throw_refused(reply, "mkdir " + go_quote(place) + " failed");
  if (!is_folder(on, parent)) make_folders(on, parent);
  reply = ask(on, place, {"MKD " + place}).front();
  // Another session may have made it just now.
  if (!reply.good() && !is_folder(on, place)) throw_refused(reply, "mkdir " + go_quote(place) + " failed");
}

void ftp_session::make_directory(const may_block& on, const std::string& path) {
  make_folders(on, on_server(path));
}

void ftp_session::remove_directory(const may_block& on, const std::string& path) {
  const auto place = on_server(path);
  // Some servers would remove what is in it, too.
  if (!entries_of(on, place).empty()) fail(failure_kind::other, "directory not empty");
  const auto reply = ask(on, place, {"RMD " + place}).front();
  if (!reply.good()) throw_refused(reply);
}

void ftp_session::set_modified(const may_block& on, const std::string& path, nanoseconds modified) {
  const auto place = on_server(path);
  const auto command = time_command(on, place, modified);
  if (!command) return;
  const auto reply = ask(on, place, {*command}).front();
  if (reply.good()) return;
  require_file(on, place);
  throw_refused(reply, "SetModTime");
}

std::string ftp_session::hash(const may_block& on, const std::string& path, hash_type) {
  require_file(on, on_server(path));
  return {};
}

std::optional<ftp_reply> ftp_session::rename(const may_block& on, const std::string& from,
                                             const std::string& to) {
  const auto attempt = [&]() -> std::optional<ftp_reply> {
    const auto replies = ask(on, to, {"RNFR " + from, "RNTO " + to});
    if (!replies[0].good()) return replies[0];
    if (!replies[1].good()) return replies[1];
    return std::nullopt;
  };
  const auto refused = attempt();
  if (!refused) return std::nullopt;
  const auto there = look(on, to);
  if (!there) return refused;
  if (there->kind == ftp_entry::type::directory)
    fail(failure_kind::is_a_directory, "is a directory not a file");
  if (from == to || !look(on, from)) return refused;
  // Some servers do not replace what is there.
  static_cast<void>(ask(on, to, {"DELE " + to}));
  return attempt();
}

void ftp_session::rename_into_folder(const may_block& on, const std::string& from, const std::string& to,
                                     const std::string& context) {
  auto refused = rename(on, from, to);
  if (!refused) return;
  if (!look(on, from)) object_missing();
  if (const auto folder = folder_of(to); !is_top(folder)) {
    // Another session may be making it, too.
    if (!is_folder(on, folder)) make_folders(on, folder);
    refused = rename(on, from, to);
  }
  if (refused) throw_refused(*refused, context);
}

bool ftp_session::move_from(const may_block& on, session& other, const std::string& from,
                            const std::string& to) {
  on.check();
  auto* const source = dynamic_cast<ftp_session*>(&other);
  if (source == nullptr) return false;
  rename_into_folder(on, source->on_server(from), on_server(to), "Move Rename failed");
  return true;
}

bool ftp_session::move_directory_from(const may_block& on, session& other, const std::string& from,
                                      const std::string& to) {
  on.check();
  auto* const source = dynamic_cast<ftp_session*>(&other);
  if (source == nullptr) return false;
  const auto old_place = source->on_server(from);
  const auto new_place = on_server(to);
  const auto found = look(on, old_place);
  if (!found) directory_missing();
  if (found->kind != ftp_entry::type::directory || is_top(old_place)) return false;
  if (look(on, new_place) || new_place.compare(0, old_place.size() + 1, old_place + "/") == 0) return false;
  make_folders(on, folder_of(new_place));
  const auto replies = ask(on, new_place, {"RNFR " + old_place, "RNTO " + new_place});
  for (const auto& reply : replies)
    if (!reply.good())
      throw_refused(reply, "DirMove Rename(" + go_quote(old_place) + "," + go_quote(new_place) + ") failed");
  return true;
}

} // namespace argosy
