#include "http/rc/command.hpp"

#include <limits>
#include <utility>

#include "backends/costly_times.hpp"
#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "http/multipart.hpp"
#include "http/params.hpp"
#include "http/rc/check.hpp"
#include "http/rc/copy_file.hpp"
#include "http/rc/copy_url.hpp"
#include "http/rc/list_items.hpp"
#include "http/rc/operation.hpp"
#include "http/rc/transform.hpp"

namespace argosy::rc {

namespace {

/// What rclone shows as the precision of times that are not kept: 100 years, in nanoseconds.
constexpr nanoseconds no_times_kept = 3'153'600'000'000'000'000;

const std::string nothing = "{}";

/// The parameters fs and remote. The path is asked for first: an empty input misses `remote` (rc-surface
/// 0.2).
struct place {
  std::string path, fs;
};

place place_of(const json& input, const char* fs_key = "fs", const char* path_key = "remote") {
  place found;
  found.path = trimmed_path(require_string(input, path_key));
  found.fs = require_fs(input, fs_key);
  return found;
}

hash_type require_hash_type(const json& input) {
  const auto name = require_string(input, "hashType");
  const auto type = parse_hash_type(name);
  if (!type) fail(failure_kind::other, "unknown hash type " + go_quote(name));
  return *type;
}

// -- listing
// ----------------------------------------------------------------------------------------------------------

/// Looks up what the options of a listing ask for beside the listing itself.
class extras_reader {
public:
  extras_reader(const may_block& on, session& s, logger& log, const list_options& options,
                const std::string& directory) :
      on_(on),
      session_(s), log_(log), options_(options) {
    const auto& info = s.of().info();
    if (options.show_encrypted && info.type != "crypt")
      fail(failure_kind::other, "the remote needs to be of type \"crypt\"");
    if (options.show_hash && options.hash_types.empty()) hashes_ = info.hashes;
    for (const auto type : options.hash_types) hashes_ = hashes_ | type;
    asks_object_ = info.features.GetTier || (info.features.ReadMimeType && !options.no_mime_type);
    buckets_ = info.features.BucketBased && directory.empty() && info.root.empty();
  }

  /// What the listing has told of tiers is all that is asked for.
  void believe_listing() { told_ = dynamic_cast<const lists_by_need*>(&session_); }
  /// Null when there is nothing to look up.
  const item_extras* of(const std::string& path, entry_kind kind) {
    if (!options_.show_hash && !options_.metadata && !options_.show_encrypted && !asks_object_ && !buckets_)
      return nullptr;
    extras_ = {};
    if (options_.show_encrypted) extras_.encrypted_path = encrypted(path, kind);
    if (options_.metadata)
      tolerate(path, "Failed to read metadata", [&] { extras_.metadata = session_.metadata(on_, path); });
    if (kind == entry_kind::directory) {
      extras_.is_bucket = buckets_;
      return &extras_;
    }
    if (options_.show_hash)
      tolerate(path, "Failed to read hash",
               [&] { extras_.hashes = hashes_of(on_, session_, path, hashes_); });
    if (asks_object_) tolerate(path, "Failed to read object", [&] { look_at_object(path); });
    return &extras_;
  }

private:
  // An item stays in the list when only something about it cannot be told.
  template <class Work>
  void tolerate(const std::string& path, const char* what, Work work) {
    try {
      work();
    } catch (const failure& why) {
      if (why.kind() == failure_kind::cancelled) throw;
      log_.write(log_level::error, path + ": " + what + ": " + why.what());
    }
  }

  void look_at_object(const std::string& path) {
    auto known = told_ != nullptr ? told_->told_by_listing(on_, path) : std::nullopt;
    if (!known) known = session_.stat(on_, path);
    if (!known) return;
    extras_.mime_type = known->mime_type;
    extras_.id = known->id;
    extras_.tier = known->tier;
    if (options_.show_orig_ids) extras_.original_id = known->original_id;
  }

  // crypt's own command tells how it stores the name of a file. A directory's name may be stored otherwise:
  // it is what stands before a file in it.
  std::string encrypted(const std::string& path, entry_kind kind) {
    const auto directory = kind == entry_kind::directory;
    const auto names = session_.command(on_, "encode", {}, {directory ? path + "/x" : path});
    auto name = names.is_array() && !names.empty() ? names.front().get<std::string>() : std::string{};
    if (directory) name.erase(std::min(name.rfind('/'), name.size()));
    return name;
  }

  const may_block& on_;
  session& session_;
  logger& log_;
  const list_options& options_;
  const lists_by_need* told_ = nullptr;
  hash_set hashes_;
  bool asks_object_ = false;
  bool buckets_ = false;
  item_extras extras_;
};

/// What all items of a listing take at most, so that its text is allocated once: growing would hold it twice.
std::size_t text_bound(const std::vector<std::pair<std::string, listing>>& found) {
  constexpr std::size_t fixed = 220; // keys, times, sizes, TABs
  constexpr std::size_t longest_type = 64;
  constexpr std::size_t row = 32; // of a listing
  std::size_t bytes = 64;
  for (const auto& [directory, entries] : found)
    bytes += entries.size() * (fixed + longest_type + directory.size()) +
             2 * (entries.bytes() - std::min(entries.bytes(), row * entries.size()));
  return bytes;
}

std::string list_text(operation& work, const std::string& directory, const json& input,
                      const mime_types& types) {
  const auto options = read_list_options(input);
  extras_reader extras{work.on, work.at(), work.around().with.log, options, directory};
  if (options.no_mime_type && !options.show_orig_ids && (options.no_mod_time || !costs_times(work.at().of())))
    extras.believe_listing();
  auto request = work.below(directory);
  if (!options.recurse && request.max_depth < 0) request.max_depth = 1;
  const listings_for need{
      options.no_mod_time && options.no_mime_type ? listing_need::details : listing_need::times, work.at()};
  std::vector<std::pair<std::string, listing>> found;
  const auto last =
      walk(work.on, work.at(), request, work.counting([&](const std::string& path, listing&& entries) {
        if (!entries.empty()) found.emplace_back(path, std::move(entries));
      }));
  if (last) throw last->within("error in ListJSON");

  std::string out;
  out.reserve(text_bound(found));
  out += "{\n\t\"list\": [";
  item_writer writer{options, work.at().of().info().precision, types, 2};
  bool first = true;
  std::string path;
  for (auto& [where, entries] : found) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto entry = entries[i];
      if (entry.kind == entry_kind::directory ? options.files_only : options.dirs_only) continue;
      path.assign(where);
      if (!path.empty()) path += '/';
      path += entry.name;
      out += first ? "\n\t\t" : ",\n\t\t";
      first = false;
      writer.write(out, path, entry, extras.of(path, entry.kind));
    }
    work.on.check();
    entries = {};
  }
  out += first ? "]\n}" : "\n\t]\n}";
  return out;
}

void list(job_context& job, const daemon& d) {
  const auto at = place_of(job.input());
  operate(job, {at.fs}, [at, input = job.input(), &d](operation& work) {
    return list_text(work, at.path, input, d.types);
  });
}

std::string stat_text(const may_block& on, session& s, logger& log, const std::string& path,
                      const json& input, const mime_types& types) {
  const auto options = read_list_options(input);
  extras_reader extras{on, s, log, options, path};
  std::optional<object_info> found = s.stat(on, path);
  if (path.empty()) {
    if (!found) fail(failure_kind::directory_not_found, "directory not found");
    found->kind = entry_kind::directory;
    found->size = -1;
    found->modified = now();
  }
  std::string out = "{\n\t\"item\": ";
  const bool hidden =
      found && (found->kind == entry_kind::directory ? options.files_only : options.dirs_only);
  if (!found || hidden) {
    out += "null";
  } else {
    const auto name = std::string_view{path}.substr(path.rfind('/') + 1);
    item_writer writer{options, s.of().info().precision, types, 1};
    writer.write(out, path, {name, found->kind, found->size, found->modified}, extras.of(path, found->kind));
  }
  return out + "\n}";
}

void stat(job_context& job, const daemon& d) {
  const auto at = place_of(job.input());
  on_session(job, at.fs, [at, input = job.input(), &d](const may_block& on, session& s) {
    return stat_text(on, s, d.with.log, at.path, input, d.types);
  });
}

void size(job_context& job, const daemon&) {
  operate(job, {require_fs(job.input(), "fs")}, [](operation& work) {
    tree_size sum;
    const listings_for need{listing_need::names, work.at()};
    const auto last =
        walk(work.on, work.at(), work.below({}),
             work.counting([&](const std::string&, const listing& entries) { add_sizes(sum, entries); }));
    if (last) throw *last;
    std::string out;
    json_writer w{out};
    w.begin_object();
    w.key("bytes"), w.value(sum.bytes);
    w.key("count"), w.value(sum.count);
    w.key("sizeless"), w.value(sum.sizeless);
    w.end_object();
    return out;
  });
}

// -- hashes
// -----------------------------------------------------------------------------------------------------------

struct hash_request {
  hash_type type;
  bool download, base64;
};

hash_request read_hash_request(const json& input) {
  const auto download = lenient_bool(input, "download", false);
  const auto base64 = lenient_bool(input, "base64", false);
  return {require_hash_type(input), download, base64};
}

std::string hash_text(operation& work, const hash_request& request, const std::string& path,
                      std::int64_t size) {
  const auto& fs = work.around().texts.front();
  std::string hex;
  if (request.download) {
    file_transfer file{work, path, size, fs, std::string{}};
    file.run([&] {
      hex = hash_by_reading(file.scope(), work.at(), path, request.type);
      return true;
    });
  } else {
    transfer_record record;
    record.name = path;
    record.size = size;
    record.what = work_kind::hashing;
    record.source_fs = fs;
    record.started = now();
    try {
      if (request.type != hash_type::none && !work.at().of().info().hashes.has(request.type))
        fail(failure_kind::unsupported, "hash unsupported: hash type not supported");
      hex = request.type == hash_type::none ? std::string{} : work.at().hash(work.on, path, request.type);
    } catch (const failure& why) {
      work.failed(path, why);
      work.checked(std::move(record), why.what());
      throw;
    }
    work.checked(std::move(record), {});
  }
  return request.base64 ? base64_of_hex(hex) : hex;
}

void hashsum(job_context& job, const daemon&) {
  operate_on_file_too(
      job, require_fs(job.input(), "fs"),
      [input = job.input()](operation& work, const std::optional<std::string>& only) {
        const auto request = read_hash_request(input);
        std::string out;
        json_writer w{out};
        w.begin_object();
        w.key("hashType"), w.value(request.type == hash_type::none ? "none" : hash_name(request.type));
        w.key("hashsum");
        w.begin_array();
        const auto one = [&](const std::string& path, std::int64_t size) {
          try {
            w.value(hash_text(work, request, path, size) + "  " + path);
          } catch (const failure& why) {
            if (why.kind() == failure_kind::cancelled) throw; // others are counted; the list has the rest
          }
        };
        if (only) {
          if (work.around().rules && work.around().rules->active())
            fail(failure_kind::other, "can't limit to single files when using filters: " + go_quote(*only));
          one(*only, require_object(work.on, work.at(), *only).size);
        } else {
          const listings_for need{listing_need::details, work.at()};
          const auto last = walk(work.on, work.at(), work.below({}),
                                 work.counting([&](const std::string& directory, const listing& entries) {
                                   for (std::size_t i = 0; i < entries.size(); ++i)
                                     if (entries[i].kind == entry_kind::file)
                                       one(path_below(directory, entries[i].name), entries[i].size);
                                 }));
          if (last) throw *last;
        }
        w.end_array();
        w.end_object();
        return out;
      });
}

void hashsum_file(job_context& job, const daemon&) {
  const auto at = place_of(job.input());
  operate(job, {at.fs}, [at, input = job.input()](operation& work) {
    const auto request = read_hash_request(input);
    const auto hash = hash_text(work, request, at.path, require_object(work.on, work.at(), at.path).size);
    std::string out;
    json_writer w{out};
    w.begin_object();
    w.key("hash"), w.value(hash);
    w.key("hashType"), w.value(request.type == hash_type::none ? "none" : hash_name(request.type));
    w.end_object();
    return out;
  });
}

// -- directories
// ------------------------------------------------------------------------------------------------------

void make_directory(job_context& job, const daemon&) {
  const auto at = place_of(job.input());
  operate(job, {at.fs}, [path = at.path](operation& work) {
    if (!work.skipped(path, "make directory"))
      work.counting_failure(path, [&] { work.at().make_directory(work.on, path); });
    return nothing;
  });
}

void remove_directory(job_context& job, const daemon&) {
  const auto at = place_of(job.input());
  operate(job, {at.fs}, [path = at.path](operation& work) {
    stats_delta delta;
    delta.deleted_dirs = 1;
    work.count(delta);
    if (!work.skipped(path, "remove directory"))
      work.counting_failure(path, [&] { work.at().remove_directory(work.on, path); });
    return nothing;
  });
}

void remove_directories(job_context& job, const daemon&) {
  const auto at = place_of(job.input());
  operate(job, {at.fs}, [path = at.path, input = job.input()](operation& work) {
    work.remove_empty_directories(path, optional_bool(input, "leaveRoot", false), true);
    return nothing;
  });
}

/// The call keeps a report of its files.
void report(job_context& job) { job.report()->begin_attempt(job.attempt()); }

void purge(job_context& job, const daemon&) {
  report(job);
  const auto at = place_of(job.input());
  const auto purging = [path = at.path](operation& work) {
    if (work.at().of().info().features.Purge) {
      stats_delta delta;
      delta.deleted_dirs = 1;
      work.count(delta);
      file_outcome gone;
      gone.how = outcome_kind::deleted;
      gone.what = work_kind::deleting;
      gone.started = now();
      bool done = work.skipped(path, "purge directory");
      if (!done) work.counting_failure(path, [&] { done = work.at().purge(work.on, path); });
      if (done) {
        gone.duration = now() - gone.started;
        work.enter_directory(path, gone);
        return nothing;
      }
    }
    work.delete_files(path, false);
    work.remove_empty_directories(path, false, false);
    return nothing;
  };
  operate(job, {at.fs}, purging, policy_of(*job.options()));
}

// -- files
// ------------------------------------------------------------------------------------------------------------

void remove_files(job_context& job, const daemon&) {
  report(job);
  const auto removing = [](operation& work) {
    work.delete_files({}, true);
    return nothing;
  };
  operate(job, {require_fs(job.input(), "fs")}, removing, policy_of(*job.options()));
}

void remove_file(job_context& job, const daemon&) {
  report(job);
  const auto at = place_of(job.input());
  operate(job, {at.fs}, [at](operation& work) {
    file_outcome one;
    one.how = outcome_kind::deleted;
    one.what = work_kind::deleting;
    one.started = now();
    try {
      one.size = require_object(work.on, work.at(), at.path).size;
      work.delete_file(work.at(), at.fs, at.path, one.size);
    } catch (const failure& why) {
      work.enter_failed(at.path, why, one);
      throw;
    }
    one.duration = now() - one.started;
    work.enter(at.path, one);
    return nothing;
  });
}

work_handler copying(bool moving) {
  return [moving](job_context& job, const daemon& d) {
    report(job);
    const auto from = place_of(job.input(), "srcFs", "srcRemote");
    const auto to = place_of(job.input(), "dstFs", "dstRemote");
    copy_file(job, {from.fs, from.path}, {to.fs, transform_of(job, d).path(to.path, false)}, moving);
  };
}

void upload_files(job_context& job, const daemon&) {
  report(job);
  const auto at = place_of(job.input());
  operate(job, {at.fs}, [at, type = job.request().content_type, body = job.request().body](operation& work) {
    const auto parts = parse_multipart(type, body ? std::string_view{*body} : std::string_view{});
    if (!parts) return nothing;
    for (const auto& part : *parts) {
      if (part.file_name.empty()) continue;
      put_request put;
      put.path = path_below(at.path, part.file_name);
      put.size = static_cast<std::int64_t>(part.content.size());
      put.modified = now();
      put.in_place = work.options().inplace;
      put.partial_suffix = work.options().partial_suffix;
      file_transfer file{work, put.path, put.size, std::string{}, at.fs};
      file.run([&] {
        if (!work.skipped(put.path, "upload", put.size))
          store_object(file.scope(), work.at(), put, part.content);
        return true;
      });
    }
    return nothing;
  });
}

void fetch_url(job_context& job, const daemon&) {
  report(job);
  const auto at = place_of(job.input());
  url_request request;
  request.url = require_string(job.input(), "url");
  request.path = at.path;
  request.name_from_url = lenient_bool(job.input(), "autoFilename", false);
  request.name_from_header = lenient_bool(job.input(), "headerFilename", false);
  request.keep_existing = lenient_bool(job.input(), "noClobber", false);
  operate(job, {at.fs}, [request](operation& work) {
    copy_url(work, request);
    return nothing;
  });
}

// -- about the remote
// -------------------------------------------------------------------------------------------------

void about(job_context& job, const daemon&) {
  on_session(job, require_fs(job.input(), "fs"), [](const may_block& on, session& s) {
    const auto& info = s.of().info();
    if (!info.features.About) fail(failure_kind::unsupported, info.description + " doesn't support about");
    storage_usage usage;
    try {
      usage = s.about(on);
    } catch (const failure& why) {
      if (why.kind() == failure_kind::cancelled) throw;
      throw why.within("about call failed");
    }
    std::string out;
    json_writer w{out};
    w.begin_object();
    const auto figure = [&](const char* name, std::int64_t value) {
      if (value >= 0) w.key(name), w.value(value);
    };
    figure("free", usage.free);
    figure("objects", usage.objects);
    figure("other", usage.other);
    figure("total", usage.total);
    figure("trashed", usage.trashed);
    figure("used", usage.used);
    w.end_object();
    return out;
  });
}

/// The system metadata that a storage reads and writes, as fsinfo explains it; null when there is none.
json metadata_info(const storage_info& info) {
  for (const auto* wrapper : {"crypt", "union", "combine"})
    if (info.type == wrapper)
      return {{"Help", "Reads and writes the metadata that the remotes behind it keep.\n"},
              {"System", nullptr}};
  if (info.type != "local") return nullptr;
  const auto row = [](const char* help, const char* type, const char* example) {
    return json{{"Example", example}, {"Help", help}, {"ReadOnly", false}, {"Type", type}};
  };
  const char* time = "2006-01-02T15:04:05.999999999Z07:00";
  return {{"Help", "Only what the file system keeps is read and written. User metadata is stored as extended "
                   "attributes whose "
                   "names begin with \"user.\".\n"},
          {"System",
           {{"atime", row("Time of last access", "RFC 3339", time)},
            {"btime", row("Time of file birth (creation)", "RFC 3339", time)},
            {"gid", row("Group ID of owner", "decimal number", "500")},
            {"mode", row("File type and mode", "octal, unix style", "0100664")},
            {"mtime", row("Time of last modification", "RFC 3339", time)},
            {"rdev", row("Device ID (if special file)", "hexadecimal", "1abc")},
            {"uid", row("User ID of owner", "decimal number", "500")}}}};
}

void fs_info(job_context& job, const daemon&) {
  job.open_remotes({require_fs(job.input(), "fs")}, [&job](const std::vector<remote>& opened) {
    if (opened[0].file) fail(failure_kind::is_a_file, "is a file not a directory");
    const auto& info = opened[0].store->info();
    auto features = json::object();
#define ARGOSY_FEATURE_VALUE(name) features[#name] = info.features.name;
    ARGOSY_FEATURES(ARGOSY_FEATURE_VALUE)
#undef ARGOSY_FEATURE_VALUE
    auto hashes = json::array();
    for (const auto type : info.hashes.list()) hashes.push_back(hash_name(type));
    job.succeed(json_text({{"Features", std::move(features)},
                           {"Hashes", std::move(hashes)},
                           {"MetadataInfo", metadata_info(info)},
                           {"Name", info.name},
                           {"Precision", info.precision == INT64_MAX ? no_times_kept : info.precision},
                           {"Root", info.root},
                           {"String", info.description}}));
  });
}

void clean_up(job_context& job, const daemon&) {
  operate(job, {require_fs(job.input(), "fs")}, [](operation& work) {
    const auto& info = work.at().of().info();
    if (!info.features.CleanUp)
      fail(failure_kind::unsupported, info.description + " doesn't support cleanup");
    if (!work.skipped(info.description, "clean up old files")) work.at().clean_up(work.on);
    return nothing;
  });
}

void public_link(job_context& job, const daemon&) {
  const auto at = place_of(job.input());
  on_session(job, at.fs, [path = at.path, input = job.input()](const may_block& on, session& s) {
    const auto unlink = lenient_bool(input, "unlink", false);
    const auto expire = optional_duration(input, "expire", std::numeric_limits<std::int64_t>::max());
    std::string out;
    json_writer w{out};
    w.begin_object();
    w.key("url"), w.value(s.public_link(on, path, expire, unlink));
    w.end_object();
    return out;
  });
}

/// The parameter tier. The remote refuses before it is looked at, as with rclone.
std::string require_tier(operation& work, const json& input) {
  const auto& info = work.at().of().info();
  if (!info.features.SetTier)
    fail(failure_kind::unsupported, "remote " + info.name + " does not support settier");
  return require_string(input, "tier");
}

void set_tier_of(operation& work, const std::string& path, std::int64_t size, const std::string& tier) {
  if (work.skipped(path, "set tier", size)) return;
  try {
    work.at().set_tier(work.on, path, tier);
  } catch (const failure& why) {
    if (why.kind() == failure_kind::cancelled) throw;
    const auto told = why.within("failed to set tier");
    work.failed(path, told);
    throw told;
  }
}

void set_tier(job_context& job, const daemon&) {
  operate(job, {require_fs(job.input(), "fs")}, [input = job.input()](operation& work) {
    const auto tier = require_tier(work, input);
    std::optional<failure> last;
    const listings_for need{listing_need::names, work.at()};
    const auto unlisted =
        walk(work.on, work.at(), work.below({}),
             work.counting([&](const std::string& directory, const listing& entries) {
               for (std::size_t i = 0; i < entries.size(); ++i) {
                 if (entries[i].kind != entry_kind::file) continue;
                 work.on.check();
                 try {
                   set_tier_of(work, path_below(directory, entries[i].name), entries[i].size, tier);
                 } catch (const failure& why) {
                   if (why.kind() == failure_kind::cancelled) throw;
                   last = why; // the others get theirs nevertheless
                 }
               }
             }));
    if (unlisted) throw *unlisted;
    if (last) throw *last;
    return nothing;
  });
}

void set_tier_of_file(job_context& job, const daemon&) {
  const auto at = place_of(job.input());
  operate(job, {at.fs}, [path = at.path, input = job.input()](operation& work) {
    const auto tier = require_tier(work, input);
    set_tier_of(work, path, require_object(work.on, work.at(), path).size, tier);
    return nothing;
  });
}

const parameter fs_parameter{"fs", "fs", true, "a remote, for example drive:"};
const parameter directory_parameter{"remote", "string", true, "path below it, for example dir"};
const parameter file_parameter{"remote", "string", true, "path of a file below it, for example dir/file.txt"};
const parameter list_parameter{
    "opt",
    "{recurse?: boolean, noModTime?: boolean, noMimeType?: boolean, showEncrypted?: boolean, "
    "showOrigIDs?: boolean, showHash?: boolean, dirsOnly?: boolean, filesOnly?: boolean, "
    "metadata?: boolean, hashTypes?: string[]}",
    false, "what to list and what to tell of each; hashTypes implies showHash"};
const parameter source_fs{"srcFs", "fs", true, "where from, for example drive:"};
const parameter source_path{"srcRemote", "string", true, "path of the file there"};
const parameter destination_fs{"dstFs", "fs", true, "where to, for example drive2:"};
const parameter destination_path{"dstRemote", "string", true, "path of the file there"};
const parameter hash_parameter{"hashType", "string", true, "name of the hash, for example md5"};
const parameter download_parameter{"download", "boolean", false,
                                   "read the content instead of asking the remote"};
const parameter base64_parameter{"base64", "boolean", false, "base64 instead of hexadecimal digits"};

/// Every command of this family needs authentication; fsinfo did not in 2019.
command row(const char* name, const char* title, std::vector<parameter> parameters, const char* result,
            const char* help, work_handler work, right seed = right::authenticated) {
  return {name, title, right::authenticated, seed, std::move(parameters), result, help, {}, std::move(work)};
}

} // namespace

std::vector<command> operations_commands() {
  std::vector<command> rows{
      row("operations/about", "Return the space used on the remote", {fs_parameter},
          "{total?: integer, used?: integer, trashed?: integer, other?: integer, free?: integer, objects?: "
          "integer}",
          "Returns those of total, used, free, trashed, other (bytes) and objects that the remote knows.\n",
          about),
      row("operations/check", "check the source and destination are the same",
          {{"srcFs", "fs", false, "the one side; not with checkFileHash"},
           {"dstFs", "fs", true, "the other side"},
           {"download", "boolean", false, "compare the bytes, or hash what is read"},
           {"checkFileHash", "string", false, "compare with a file of hashes of this name, for example md5"},
           {"checkFileFs", "fs", false, "the remote that holds the file of hashes"},
           {"checkFileRemote", "string", false, "its path there"},
           {"oneWay", "boolean", false, "what only the other side has is fine"},
           {"combined", "boolean", false, "report all files, each with a mark in front"},
           {"missingOnSrc", "boolean", false, "report files that only dstFs has; true without it"},
           {"missingOnDst", "boolean", false, "report files that only srcFs has; true without it"},
           {"match", "boolean", false, "report files that are the same"},
           {"differ", "boolean", false, "report files that differ; true without it"},
           {"error", "boolean", false, "report files that could not be compared; true without it"}},
          "{success: boolean, status: string, hashType?: string, combined?: string[], missingOnSrc?: "
          "string[], missingOnDst?: string[], match?: string[], differ?: string[], error?: string[]}",
          "Compares two trees by size and hash, or one tree with a file of hashes as md5sum makes them. "
          "Changes nothing. Differences are no error of the call.\n\nReturns\n\n"
          "- success - true when nothing differs\n- status - OK, or what is wrong\n"
          "- hashType - hash that was compared; absent when srcFs was compared by download\n"
          "- combined, missingOnSrc, missingOnDst, match, differ, error - lists of paths, those that were "
          "asked for. Marks of combined: = the same, * differs, + missing on dstFs, - missing on srcFs, "
          "! error\n",
          [](job_context& job, const daemon&) { check(job); }),
      row("operations/cleanup", "Remove trashed files in the remote or path", {fs_parameter}, "{}",
          "Empties what the remote keeps of removed files.\n", clean_up),
      repeatable(row("operations/copyfile", "Copy a file from source remote to destination remote",
                     {source_fs, source_path, destination_fs, destination_path}, "{}",
                     "Copies one file, unless the destination is the same already.\n", copying(false))),
      repeatable(row("operations/copyurl", "Copy the URL to the object",
                     {fs_parameter,
                      file_parameter,
                      {"url", "string", true, "what to fetch, http or https"},
                      {"autoFilename", "boolean", false, "take the name from the URL instead of `remote`"},
                      {"headerFilename", "boolean", false,
                       "with autoFilename: take it from the header Content-Disposition"},
                      {"noClobber", "boolean", false, "refuse when the file exists"}},
                     "{}", "Fetches an URL and stores it, with the time of its header Last-Modified.\n",
                     fetch_url)),
      repeatable(row("operations/delete", "Remove files in the path", {fs_parameter}, "{}",
                     "Removes the files that pass the filters. Directories stay.\n", remove_files)),
      repeatable(row("operations/deletefile", "Remove the single file pointed to",
                     {fs_parameter, file_parameter}, "{}", "Removes one file, whatever the filters say.\n",
                     remove_file)),
      row("operations/fsinfo", "Return information about the remote", {fs_parameter},
          "{Name: string, Root: string, String: string, Precision: integer, Hashes: string[], Features: "
          "Features, MetadataInfo: MetadataInfo | null}",
          "Returns Name, Root, String, Precision (nanoseconds), Hashes, Features and MetadataInfo.\n",
          fs_info, right::open),
      row("operations/hashsum", "Produces a hashsum file for all the objects in the path.",
          {fs_parameter, hash_parameter, download_parameter, base64_parameter},
          "{hashType: string, hashsum: string[]}",
          "Returns\n\n- hashsum - lines of hash and path\n- hashType\n", hashsum),
      row("operations/hashsumfile", "Produces a hash for a single file.",
          {fs_parameter, file_parameter, hash_parameter, download_parameter, base64_parameter},
          "{hashType: string, hash: string}", "Returns\n\n- hash\n- hashType\n", hashsum_file),
      row("operations/list", "List the given remote and path in JSON format",
          {fs_parameter, directory_parameter, list_parameter}, "{list: ListItem[]}",
          "Returns\n\n- list - an object for each entry\n", list),
      row("operations/mkdir", "Make a destination directory or container",
          {fs_parameter, directory_parameter}, "{}",
          "Makes a directory and those above it. One that exists is fine.\n", make_directory),
      repeatable(row(
          "operations/movefile", "Move a file from source remote to destination remote",
          {source_fs, source_path, destination_fs, destination_path}, "{}",
          "Moves one file: renamed where both are the same remote, else copied and removed at the source.\n",
          copying(true))),
      row("operations/publiclink", "Create or retrieve a public link to the given file or folder.",
          {fs_parameter,
           directory_parameter,
           {"unlink", "boolean", false, "remove the link instead"},
           {"expire", "duration", false, "how long the link is valid"}},
          "{url: string}", "Returns\n\n- url\n", public_link),
      repeatable(row("operations/purge", "Remove a directory or container and all of its contents",
                     {fs_parameter, directory_parameter}, "{}",
                     "Removes everything below a directory and the directory, whatever the filters say.\n",
                     purge)),
      row("operations/rmdir", "Remove an empty directory or container", {fs_parameter, directory_parameter},
          "{}", "Removes one directory, which must be empty.\n", remove_directory),
      row("operations/rmdirs", "Remove all the empty directories in the path",
          {fs_parameter, directory_parameter, {"leaveRoot", "boolean", false, "keep the directory itself"}},
          "{}", "Removes directories that hold no file at any depth.\n", remove_directories),
      row("operations/settier", "Changes storage tier or class on all files in the path",
          {fs_parameter, {"tier", "string", true, "name of the tier"}}, "{}",
          "Sets the tier of every file below a path.\n", set_tier),
      row("operations/settierfile", "Changes storage tier or class on the single file pointed to",
          {fs_parameter, file_parameter, {"tier", "string", true, "name of the tier"}}, "{}",
          "Sets the tier of one file.\n", set_tier_of_file),
      row("operations/size", "Count the number of bytes and files in remote", {fs_parameter},
          "{count: integer, bytes: integer, sizeless: integer}",
          "Returns\n\n- count - files\n- bytes - of those whose size is known\n- sizeless - files of unknown "
          "size\n",
          size),
      row("operations/stat", "Give information about the supplied file or directory",
          {fs_parameter, directory_parameter, list_parameter}, "{item: ListItem | null}",
          "Returns\n\n- item - one object as of operations/list, or null\n", stat),
      row("operations/uploadfile", "Upload file using multiform/form-data",
          {fs_parameter, directory_parameter}, "{}",
          "Stores every part of a multipart body that has a file name.\n", upload_files),
  };
  rows.back().needs_request = true;
  return rows;
}

} // namespace argosy::rc
