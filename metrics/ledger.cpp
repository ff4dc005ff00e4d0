#include "metrics/ledger.hpp"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>

#include <execinfo.h>

namespace argosy {

namespace {

constexpr std::array<const char*, resource_count> resource_names{
    "actor",  "connection",     "descriptor",    "thread",      "child", "timer",
    "buffer", "temporary_file", "cached_remote", "stats_group", "job"};

// One group of counts(). A lookup uses string views, so that only a group met for the first time copies its
// label.
template <class Text>
struct count_key {
  resource what;
  std::string_view kind;
  Text label;
  std::string_view state;
};

struct count_order {
  using is_transparent = void;
  template <class A, class B>
  bool operator()(const count_key<A>& a, const count_key<B>& b) const {
    return std::make_tuple(a.what, a.kind, std::string_view{a.label}, a.state) <
           std::make_tuple(b.what, b.kind, std::string_view{b.label}, b.state);
  }
};

} // namespace

const char* resource_name(resource r) {
  const auto i = static_cast<std::size_t>(r);
  return i < resource_names.size() ? resource_names[i] : "unknown";
}

struct ledger::node {
  node(shard& home_, std::uint64_t id_, resource what_, const char* kind_, std::string_view label_,
       std::uint64_t owner_job_, nanoseconds born_, std::uintptr_t caller_) :
      home(home_),
      id(id_), what(what_), kind(kind_), label(label_), owner_job(owner_job_), born(born_),
      last_activity(born_), caller(caller_) {}

  shard& home;
  const std::uint64_t id;
  const resource what;
  const char* const kind;
  const std::string label;
  const std::uint64_t owner_job;
  const nanoseconds born;
  std::atomic<nanoseconds> last_activity;
  std::atomic<const char*> state{"idle"};
  const std::uintptr_t caller;
  // Apart, because most entries keep no stack: 24 addresses would double the size of a node.
  std::unique_ptr<std::uintptr_t[]> frames;
  std::size_t depth = 0;
  // Guarded by the shard's mutex.
  std::string detail;
  node* previous = nullptr;
  node* next = nullptr;
};

// A shard fills cache lines of its own, so that neighbours do not slow each other down.
struct alignas(64) ledger::shard {
  mutable std::mutex mutex;
  node* first = nullptr;
  // Written under the mutex only, therefore without read-modify-write; read without it.
  std::array<std::atomic<std::size_t>, resource_count> live{};
  std::array<std::atomic<std::uint64_t>, resource_count> entered{};

  template <class T>
  static void change(std::atomic<T>& value, T by) noexcept {
    value.store(value.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
};

ledger::ledger() : shards_(std::make_unique<std::array<shard, shard_count>>()) {
  // The first backtrace() loads libgcc_s, which allocates and takes the loader's lock.
  std::array<void*, 2> frames{};
  backtrace(frames.data(), static_cast<int>(frames.size()));
}

ledger::~ledger() { assert(live() == 0 && "an entry outlives its ledger"); }

__attribute__((noinline)) ledger::entry ledger::enter(resource what, const char* kind,
                                                      std::uint64_t owner_job, std::string_view label,
                                                      bool with_stack) {
  const auto caller = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
  const auto id = next_id_.fetch_add(1, std::memory_order_relaxed);
  auto& home = (*shards_)[id % shard_count];
  auto fresh = std::make_unique<node>(home, id, what, kind, label, owner_job, now(), caller);
  if (with_stack) {
    // Above the caller stand this function and, under a sanitizer, its substitute for backtrace().
    std::array<void*, stack_depth + 3> frames{};
    const auto found = static_cast<std::size_t>(backtrace(frames.data(), static_cast<int>(frames.size())));
    auto* const end = frames.data() + found;
    auto* const begin = std::find(frames.data(), end, __builtin_return_address(0));
    fresh->depth = std::min(static_cast<std::size_t>(end - begin), stack_depth);
    fresh->frames = std::make_unique<std::uintptr_t[]>(fresh->depth);
    std::transform(begin, begin + fresh->depth, fresh->frames.get(),
                   [](void* pc) { return reinterpret_cast<std::uintptr_t>(pc); });
  }
  const auto i = static_cast<std::size_t>(what);
  auto* n = fresh.release();
  const std::lock_guard<std::mutex> lock{home.mutex};
  n->next = home.first;
  if (home.first != nullptr) home.first->previous = n;
  home.first = n;
  shard::change<std::size_t>(home.live[i], 1);
  shard::change<std::uint64_t>(home.entered[i], 1);
  return entry{n};
}

void ledger::leave(node* n) noexcept {
  const std::unique_ptr<node> gone{n};
  auto& home = n->home;
  const std::lock_guard<std::mutex> lock{home.mutex};
  (n->previous != nullptr ? n->previous->next : home.first) = n->next;
  if (n->next != nullptr) n->next->previous = n->previous;
  shard::change<std::size_t>(home.live[static_cast<std::size_t>(n->what)], std::size_t(-1));
}

ledger::entry::entry(entry&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}

ledger::entry& ledger::entry::operator=(entry&& other) noexcept {
  entry taken{std::move(other)};
  std::swap(node_, taken.node_);
  return *this;
}

ledger::entry::~entry() {
  if (node_ != nullptr) leave(node_);
}

std::uint64_t ledger::entry::id() const noexcept { return node_ != nullptr ? node_->id : 0; }

void ledger::entry::state(const char* text) noexcept {
  if (node_ == nullptr) return;
  node_->state.store(text, std::memory_order_relaxed);
  touch();
}

void ledger::entry::touch() noexcept {
  if (node_ != nullptr) node_->last_activity.store(now(), std::memory_order_relaxed);
}

void ledger::entry::detail(std::string_view text) {
  if (node_ == nullptr) return;
  // Outside the lock: a record is being copied by others under it.
  std::string copy{text};
  {
    const std::lock_guard<std::mutex> lock{node_->home.mutex};
    node_->detail.swap(copy);
  }
  touch();
}

std::vector<ledger::record> ledger::records() const {
  std::vector<record> found;
  found.reserve(live());
  for (const auto& part : *shards_) {
    const std::lock_guard<std::mutex> lock{part.mutex};
    for (const auto* n = part.first; n != nullptr; n = n->next) {
      record r{n->id,
               n->what,
               n->kind,
               n->label,
               n->owner_job,
               n->born,
               n->last_activity.load(std::memory_order_relaxed),
               n->state.load(std::memory_order_relaxed),
               n->detail,
               {}};
      if (n->depth != 0)
        r.stack.assign(n->frames.get(), n->frames.get() + n->depth);
      else
        r.stack.push_back(n->caller);
      found.push_back(std::move(r));
    }
  }
  std::sort(found.begin(), found.end(), [](const record& a, const record& b) { return a.id < b.id; });
  return found;
}

std::vector<ledger::count> ledger::counts(bool by_state) const {
  std::map<count_key<std::string>, std::size_t, count_order> groups;
  for (const auto& part : *shards_) {
    const std::lock_guard<std::mutex> lock{part.mutex};
    for (const auto* n = part.first; n != nullptr; n = n->next) {
      const auto* state = by_state ? n->state.load(std::memory_order_relaxed) : "";
      const count_key<std::string_view> key{n->what, n->kind, n->label, state};
      const auto i = groups.find(key);
      if (i != groups.end())
        ++i->second;
      else
        groups.emplace(count_key<std::string>{n->what, n->kind, n->label, state}, 1);
    }
  }
  std::vector<count> result;
  result.reserve(groups.size());
  // The views are of string literals, whole ones, so data() ends in a zero.
  for (const auto& [key, live_now] : groups)
    result.push_back({key.what, key.kind.data(), key.label, key.state.data(), live_now});
  return result;
}

std::size_t ledger::live() const noexcept {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < resource_count; ++i) sum += live(static_cast<resource>(i));
  return sum;
}

std::size_t ledger::live(resource what) const noexcept {
  std::size_t sum = 0;
  for (const auto& part : *shards_)
    sum += part.live[static_cast<std::size_t>(what)].load(std::memory_order_relaxed);
  return sum;
}

std::uint64_t ledger::entered(resource what) const noexcept {
  std::uint64_t sum = 0;
  for (const auto& part : *shards_)
    sum += part.entered[static_cast<std::size_t>(what)].load(std::memory_order_relaxed);
  return sum;
}

} // namespace argosy
