#include "actors/transfers/side_remotes.hpp"

#include <algorithm>

#include "actors/defaults.hpp"
#include "actors/transfers/compare.hpp"
#include "actors/transfers/overlap.hpp"
#include "backends/copy_object.hpp"
#include "backends/operations.hpp"
#include "core/go_text.hpp"

namespace argosy {

namespace {

constexpr const char* file_context = "creating Fs for --backup-dir failed"; // of calls on one file

[[noreturn]] void refuse(const std::string& text) { fail(failure_kind::fatal, text); }

/// The filter keeps the inner of two overlapping roots out of the outer.
bool excluded(const filter* rules, const storage_info& outer, const storage_info& inner) {
  if (rules == nullptr || !rules->active()) return false;
  auto below = inner.root.substr(outer.root.size());
  below.erase(0, below.find_first_not_of('/'));
  return !below.empty() && !rules->includes_directory(below);
}

bool in_the_way(const storage_info& backup, const storage_info& side, const filter* rules) {
  switch (overlap_of(backup, side)) {
  case overlap::none: return false;
  case overlap::same: return true;
  case overlap::source_within: return !excluded(rules, side, backup);
  case overlap::destination_within: return !excluded(rules, backup, side);
  }
  return true;
}

void check_backup(const job_context& job, const main_options& options, const remote& backup,
                  const remote& source, const remote& destination, extent touched) {
  const auto& info = backup.store->info();
  const auto& from = source.store->info();
  const auto& to = destination.store->info();
  if (!options.backup_dir.empty()) {
    if (!same_remote(to, info))
      refuse("parameter to --backup-dir has to be on the same remote as destination");
    if (touched == extent::tree) {
      if (in_the_way(info, to, job.rules().get()))
        refuse("destination and parameter to --backup-dir mustn't overlap");
      if (in_the_way(info, from, job.rules().get()))
        refuse("source and parameter to --backup-dir mustn't overlap");
    } else if (options.suffix.empty()) {
      if (overlap_of(info, to) == overlap::same)
        refuse("destination and parameter to --backup-dir mustn't be the same");
      if (overlap_of(info, from) == overlap::same)
        refuse("source and parameter to --backup-dir mustn't be the same");
    }
  }
  if (!info.features.Move && !info.features.Copy)
    refuse("can't use --backup-dir on a remote which doesn't support server-side move or copy");
}

void check_copy_dest(const remote& one, const remote& destination) {
  if (!same_remote(one.store->info(), destination.store->info()))
    refuse("parameter to --copy-dest has to be on the same remote as destination");
  if (!one.store->info().features.Copy)
    refuse("can't use --copy-dest on a remote which doesn't support server side copy");
}

/// "[a b]" as Go quotes it for %q of a list.
std::string quoted(const std::vector<std::string>& texts) {
  std::string list;
  for (const auto& text : texts) list += (list.empty() ? "" : " ") + go_quote(text);
  return "[" + list + "]";
}

} // namespace

void open_side_remotes(job_context& job, const remote& source, const remote& destination, extent touched,
                       std::function<void(side_remotes)> then) {
  open_side_remotes(job, job.options(), source, destination, touched, std::move(then));
}

void open_side_remotes(job_context& job, const std::shared_ptr<const main_options>& chosen,
                       const remote& source, const remote& destination, extent touched,
                       std::function<void(side_remotes)> then) {
  const auto& options = *chosen;
  if (!options.compare_dest.empty() && !options.copy_dest.empty())
    refuse("can't use --compare-dest with --copy-dest.");
  const auto copies = !options.copy_dest.empty();
  auto texts = copies ? options.copy_dest : options.compare_dest;
  const auto flag = copies ? "failed to make fs for --copy-dest " : "failed to make fs for --compare-dest ";
  const auto context = flag + quoted(texts);
  const auto others = texts.size();
  if (!options.backup_dir.empty()) texts.push_back(options.backup_dir);
  job.open_remotes(
      std::move(texts),
      [=, &job, then = std::move(then)](std::vector<remote> opened) {
        side_remotes beside;
        if (opened.size() > others) {
          beside.backup = std::move(opened.back());
          opened.pop_back();
        } else if (!chosen->suffix.empty()) {
          beside.backup = destination;
        }
        beside.others = std::move(opened);
        if (beside.backup.store) {
          try {
            check_backup(job, *chosen, beside.backup, source, destination, touched);
          } catch (const failure& why) {
            if (touched == extent::tree) throw;
            throw why.within(file_context);
          }
        }
        if (copies)
          for (const auto& one : beside.others) check_copy_dest(one, destination);
        if (beside.backup.store && chosen->suffix_keep_extension && !chosen->suffix.empty()) {
          job.block([](const may_block&) { return std::make_shared<const mime_types>(); },
                    [beside, then](std::shared_ptr<const mime_types> types) {
                      auto complete = beside;
                      complete.extensions = std::move(types);
                      then(std::move(complete));
                    });
          return;
        }
        then(std::move(beside));
      },
      [=, backup = options.backup_dir](std::size_t index, const failure_info& why) {
        if (index < others) return failure_info{failure_kind::fatal, context + ": " + why.text};
        const auto what = "failed to make fs for --backup-dir " + go_quote(backup) + ": " + why.text;
        return failure_info{failure_kind::fatal,
                            touched == extent::tree ? what : std::string{file_context} + ": " + what};
      });
}

std::size_t wanted_hands(const remote& source, const remote& destination, std::int64_t size,
                         const copy_policy& policy) {
  const auto wanted = wanted_hands(source.store->info(), destination.store->info(), size, policy);
  if (wanted == 0) return 0;
  const auto most = [](const storage& of) {
    return of.connection_limit() == 0 ? defaults::connections
                                      : std::min(of.connection_limit(), defaults::connections);
  };
  const auto least = std::min(most(*source.store), most(*destination.store));
  // The own connection of each side is one of them.
  const auto each = source.pool == destination.pool ? least / 2 : least;
  return each == 0 ? 0 : std::min(wanted, each - 1);
}

std::string backup_name(const std::string& path, const main_options& options, const mime_types* extensions) {
  const auto cut = extensions == nullptr ? path.size() : extensions->extensions_begin(path);
  return path.substr(0, cut) + options.suffix + path.substr(cut);
}

std::optional<std::int64_t> move_to_backup(const may_block& on, const work_sessions& at,
                                           const std::string& path, const main_options& options,
                                           const side_remotes& beside, const copy_policy& policy) {
  const auto there = at.destination->stat(on, path);
  if (!there || there->kind != entry_kind::file) return std::nullopt;
  const copy_request request{path, backup_name(path, options, beside.extensions.get()), there->size,
                             there->modified};
  // What is moved on the server is no traffic of the call.
  if (!options.dry_run) move_object(on.for_listener(nullptr), *at.destination, *at.backup, request, policy);
  return std::max<std::int64_t>(0, there->size);
}

namespace {

bool same_content(const may_block& on, const work_sessions& at, session& other, const copy_request& request,
                  const main_options& options) {
  const auto there = other.stat(on, request.to);
  if (!there || there->kind != entry_kind::file) return false;
  const comparison compare{at.source->of().info(), other.of().info(), options};
  switch (compare.judge_content({request.from, entry_kind::file, request.size, request.modified},
                                {request.to, entry_kind::file, there->size, there->modified})) {
  case verdict::equal: return true;
  case verdict::transfer:
  case verdict::immutable: return false;
  case verdict::check:
  case verdict::check_hash: break;
  }
  const auto type = compare.common_hash();
  if (type == hash_type::none) return options.refresh_times;
  const auto same = same_hash(on, *at.source, request.from, other, request.to, type);
  return same.value_or(options.checksum || options.refresh_times);
}

} // namespace

found_elsewhere look_elsewhere(const may_block& on, const work_sessions& at, const copy_request& request,
                               const main_options& options, const copy_policy& policy,
                               const std::function<void()>& keep_backup) {
  for (auto* other : at.others) {
    if (!same_content(on, at, *other, request, options)) continue;
    if (options.copy_dest.empty()) return found_elsewhere::same;
    keep_backup();
    const copy_request copy{request.to, request.to, request.size, request.modified};
    return at.destination->copy_from(on, *other, copy, policy) ? found_elsewhere::copied
                                                               : found_elsewhere::no;
  }
  return found_elsewhere::no;
}

} // namespace argosy
