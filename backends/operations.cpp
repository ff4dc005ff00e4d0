#include "backends/operations.hpp"

#include <algorithm>
#include <memory>
#include <unordered_map>
#include <utility>

#include "backends/content_block.hpp"
#include "backends/costly_times.hpp"
#include "core/object_path.hpp"

namespace argosy {

namespace {

constexpr std::size_t block_size = 256 << 10;

std::ptrdiff_t depth_of(const std::string& path) {
  return path.empty() ? 0 : std::count(path.begin(), path.end(), '/') + 1;
}

// Reads an object to its end.
template <class Use>
void read_all(const may_block& on, session& s, const std::string& path, Use use) {
  const auto source = s.open(on, path);
  const content_block block{on.book(), block_size};
  while (const auto got = source->read(on, block.get(), block_size)) use(block.get(), got);
}

unsigned digit_value(char digit) {
  return static_cast<unsigned>(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
}

} // namespace

void add_sizes(tree_size& sum, const listing& entries) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto entry = entries[i];
    if (entry.kind != entry_kind::file) continue;
    ++sum.count;
    if (entry.size < 0)
      ++sum.sizeless;
    else
      sum.bytes += entry.size;
  }
}

std::vector<std::string> empty_directories(const may_block& on, session& s, const walk_request& request,
                                           bool leave_root, const walk_visitor& visit) {
  std::unordered_map<std::string, bool> empty{{request.directory, !leave_root}};
  // The failures were told to the visitor; the removal shows whether they matter.
  auto look = visit;
  look.entries = [&](const std::string& directory, listing&& entries) {
    bool file = false;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (entries[i].kind == entry_kind::file)
        file = true;
      else
        empty.emplace(path_below(directory, entries[i].name), true);
    }
    if (!file) return;
    for (auto path = directory;; path = parent_of(path)) {
      // Above one that is known to hold something, all are.
      if (!std::exchange(empty[path], false) || path == request.directory || path.empty()) break;
    }
  };
  // What the rules hide keeps its directory all the same.
  const listings_for need{listing_need::names, s};
  (void)walk(on, s, {request.directory, request.max_depth, nullptr}, look);

  std::vector<std::string> found;
  for (const auto& [path, is] : empty)
    if (is && (request.rules == nullptr || request.rules->includes_name(path + "/"))) found.push_back(path);
  std::sort(found.begin(), found.end(), [](const std::string& a, const std::string& b) {
    const auto x = depth_of(a), y = depth_of(b);
    return x != y ? x > y : a < b;
  });
  return found;
}

std::map<hash_type, std::string> hashes_of(const may_block& on, session& s, const std::string& path,
                                           hash_set types) {
  const auto& info = s.of().info();
  const auto known = types & info.hashes;
  const auto list = known.list();
  std::map<hash_type, std::string> hex;
  if (list.size() > 1 && info.features.SlowHash) {
    hasher all{known};
    read_all(on, s, path, [&](const char* data, std::size_t size) { all.update(data, size); });
    for (const auto type : list) hex[type] = all.hex(type);
    return hex;
  }
  for (const auto type : list)
    if (auto text = s.hash(on, path, type); !text.empty()) hex[type] = std::move(text);
  return hex;
}

std::string hash_by_reading(const may_block& on, session& s, const std::string& path, hash_type type) {
  hasher one{type};
  read_all(on, s, path, [&](const char* data, std::size_t size) {
    on.account(size);
    one.update(data, size);
  });
  return one.hex(type);
}

std::optional<bool> same_hash(const may_block& on, session& a, const std::string& path_in_a, session& b,
                              const std::string& path_in_b, hash_type type) {
  const auto here = a.hash(on, path_in_a, type);
  if (here.empty()) return std::nullopt;
  const auto there = b.hash(on, path_in_b, type);
  if (there.empty()) return std::nullopt;
  return here == there;
}

void read_object(const may_block& on, session& s, const std::string& path,
                 const std::function<void(std::string_view block)>& use) {
  read_all(on, s, path, [&](const char* data, std::size_t size) {
    on.account(size);
    use({data, size});
  });
}

bool same_bytes(const may_block& on_a, session& a, const std::string& path_in_a, const may_block& on_b,
                session& b, const std::string& path_in_b) {
  const content_block block_a{on_a.book(), block_size}, block_b{on_b.book(), block_size};
  const auto fill = [](const may_block& on, object_source& from, char* block) {
    std::size_t size = 0;
    while (size < block_size) {
      const auto got = from.read(on, block + size, block_size - size);
      if (got == 0) break;
      on.account(got);
      size += got;
    }
    return std::string_view{block, size};
  };
  const auto from_a = a.open(on_a, path_in_a);
  const auto from_b = b.open(on_b, path_in_b);
  while (true) {
    const auto here = fill(on_a, *from_a, block_a.get());
    if (here != fill(on_b, *from_b, block_b.get())) return false;
    if (here.size() < block_size) return true;
  }
}

std::string base64_of_hex(std::string_view hex) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  unsigned bits = 0;
  int have = 0; // bits that no digit shows yet
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bits = (bits << 8) | (digit_value(hex[i]) << 4) | digit_value(hex[i + 1]);
    for (have += 8; have >= 6; have -= 6) out += digits[(bits >> (have - 6)) & 63];
    bits &= 63;
  }
  if (have > 0) out += digits[(bits << (6 - have)) & 63];
  while (out.size() % 4 != 0) out += '=';
  return out;
}

void store_object(const may_block& on, session& s, const put_request& request, std::string_view content) {
  const auto sink = s.create(on, request);
  for (std::size_t at = 0; at < content.size(); at += block_size) {
    const auto block = content.substr(at, block_size);
    on.account(block.size());
    sink->write(on, block.data(), block.size());
  }
  sink->commit(on, [&](const put_result& stored) {
    const auto size = static_cast<std::int64_t>(content.size());
    if (stored.info.size >= 0 && stored.info.size != size)
      throw corruption("corrupted on transfer: sizes differ src " + std::to_string(size) + " vs dst(" +
                       s.of().info().description + ") " + std::to_string(stored.info.size));
  });
}

bool same_place(const storage_info& a, const std::string& path_in_a, const storage_info& b,
                const std::string& path_in_b) {
  return a.name == b.name && path_below(a.root, path_in_a) == path_below(b.root, path_in_b);
}

object_info require_object(const may_block& on, session& s, const std::string& path) {
  auto found = s.stat(on, path);
  if (!found) fail(failure_kind::object_not_found, "object not found");
  if (found->kind == entry_kind::directory) fail(failure_kind::is_a_directory, "is a directory not a file");
  return *std::move(found);
}

} // namespace argosy
