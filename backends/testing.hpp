#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "backends/copy_object.hpp"
#include "backends/network.hpp"
#include "backends/run_and_wait.hpp"
#include "backends/table.hpp"
#include "metrics/registry.hpp"

/// What the tests of this folder, and those of storages added to it, share.
namespace argosy::testing {

/// A folder of its own for each test, removed with everything in it. On tmpfs where there is one.
class scratch_folder {
public:
  scratch_folder() {
    auto pattern = std::string{std::filesystem::exists("/dev/shm") ? "/dev/shm" : "/tmp"} +
                   "/argosy-backends-test-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"mkdtemp " + pattern};
    path_ = pattern;
  }
  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

private:
  std::string path_;
};

inline void write_file(const std::string& path, const std::string& content) {
  std::filesystem::create_directories(std::filesystem::path{path}.parent_path());
  std::ofstream{path, std::ios::binary} << content;
}

inline std::string read_file(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream{path, std::ios::binary}.rdbuf();
  return out.str();
}

/// Names below a folder, sorted, directories with a slash at their end.
inline std::vector<std::string> tree_of(const std::string& path) {
  std::vector<std::string> names;
  for (const auto& e : std::filesystem::recursive_directory_iterator{path})
    names.push_back(std::filesystem::relative(e.path(), path).string() + (e.is_directory() ? "/" : ""));
  std::sort(names.begin(), names.end());
  return names;
}

/// `size` bytes that do not repeat in any block.
inline std::string noise(std::size_t size, std::uint64_t seed = 1) {
  std::string out(size, '\0');
  for (auto& c : out) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    c = static_cast<char>(seed >> 56);
  }
  return out;
}

class log_lines final : public logger {
public:
  bool enabled(log_level) const noexcept override { return true; }
  void write(log_level level, std::string_view text) noexcept override {
    std::lock_guard lock{mutex_};
    lines_.emplace_back(level, std::string{text});
  }
  std::vector<std::pair<log_level, std::string>> lines() const {
    std::lock_guard lock{mutex_};
    return lines_;
  }

private:
  mutable std::mutex mutex_;
  std::vector<std::pair<log_level, std::string>> lines_;
};

/// Cancels when that many bytes went through.
class cancel_after final : public progress_listener {
public:
  cancel_after(cancellation stop, std::uint64_t limit) : stop_(std::move(stop)), limit_(limit) {}
  void bytes(std::uint64_t count) noexcept override {
    seen += count;
    if (seen >= limit_) stop_.cancel();
  }
  std::uint64_t seen = 0;

private:
  cancellation stop_;
  std::uint64_t limit_;
};

/// Storages without actors: makes them by type, path and options, and runs what blocks.
class bench_of_storages {
public:
  template <class Work>
  std::invoke_result_t<Work&, const may_block&> run(Work work, const io_pool::scope& scope = {}) {
    return run_and_wait(io, std::move(work), scope);
  }

  using option_map = std::map<std::string, std::string, std::less<>>;

  made_storage make(const std::string& type, const std::string& path, const option_map& options = {},
                    const std::string& name = {}) {
    const auto* row = table.find(type);
    if (row == nullptr) fail(failure_kind::other, "didn't find backend called \"" + type + "\"");
    const bool plain = type == "local" && name.empty() && options.empty();
    const storage_request request{plain          ? "local"
                                  : name.empty() ? ":" + type
                                                 : name,
                                  plain ? "" : ":" + type + ":",
                                  path,
                                  [options](std::string_view key) -> std::optional<std::string> {
                                    if (const auto i = options.find(key); i != options.end())
                                      return i->second;
                                    return std::nullopt;
                                  },
                                  main,
                                  table,
                                  [this](const std::string& fs) {
                                    const auto colon = fs.find(':');
                                    return colon == std::string::npos
                                               ? make("local", fs)
                                               : make(fs.substr(0, colon), fs.substr(colon + 1));
                                  },
                                  log,
                                  net};
    return run([&](const may_block& on) { return row->make(on, request); });
  }

  ledger book;
  metrics_registry metrics{book};
  steady_wait_clock clock;
  log_lines log;
  network net{log, metrics.answers(), clock};
  io_pool io{book, {}};
  main_options main;
  storage_table table;
};

/// Tries as often as the others, but waits next to nothing in between.
inline pace quick_pace(std::int64_t tries) {
  pace how;
  how.shortest = std::chrono::milliseconds{0};
  how.longest = how.first_back_off = std::chrono::milliseconds{1};
  how.tries = tries;
  return how;
}

/// All entries of a directory, sorted.
inline listing list_all(const may_block& on, session& s, const std::string& directory) {
  listing all;
  s.list(on, directory, [&](listing&& page) {
    for (std::size_t i = 0; i < page.size(); ++i)
      all.add(page[i].name, page[i].kind, page[i].size, page[i].modified);
  });
  all.sort();
  return all;
}

/// The names of such a listing, directories with a slash at their end.
inline std::vector<std::string> names_in(const may_block& on, session& s, const std::string& directory) {
  const auto all = list_all(on, s, directory);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < all.size(); ++i)
    names.push_back(std::string{all[i].name} + (all[i].kind == entry_kind::directory ? "/" : ""));
  return names;
}

inline std::string read_object(const may_block& on, session& s, const std::string& path,
                               std::int64_t offset = 0, std::int64_t length = -1) {
  const auto source = s.open(on, path, offset, length);
  std::string out;
  char block[1000];
  while (const auto got = source->read(on, block, sizeof(block))) out.append(block, got);
  return out;
}

inline put_result put_object(const may_block& on, session& s, const std::string& path,
                             const std::string& content, nanoseconds modified = 1'234'567'890'123'456'789,
                             std::int64_t size = -2) {
  put_request request;
  request.path = path;
  request.size = size == -2 ? static_cast<std::int64_t>(content.size()) : size;
  request.modified = modified;
  request.hashes = s.of().info().hashes & hash_set{hash_type::md5};
  const auto sink = s.create(on, request);
  for (std::size_t at = 0; at < content.size(); at += 100'000)
    sink->write(on, content.data() + at, std::min<std::size_t>(100'000, content.size() - at));
  return sink->commit(on, {});
}

/// The kind and text of the failure that `work` ends with; an empty text when it does not fail.
template <class Work>
failure_info failure_of(Work work) {
  try {
    work();
  } catch (const failure& f) {
    return info_of(f);
  }
  return {};
}

} // namespace argosy::testing
