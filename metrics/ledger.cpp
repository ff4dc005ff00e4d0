#include "metrics/ledger.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <ctime>
#include <deque>
#include <map>
#include <mutex>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "metrics/activity.hpp"
#include "metrics/instruments.hpp"
#include "metrics/mailbox_gauge.hpp"

namespace argosy {

namespace {

constexpr std::array<const char*, resource_count> resource_names{
    "actor",  "connection",     "descriptor",    "thread",      "child", "timer",
    "buffer", "temporary_file", "cached_remote", "stats_group", "job"};

// Those that come by the thousand.
bool is_frequent(resource what) {
  return what == resource::descriptor || what == resource::buffer || what == resource::timer;
}

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

// Not in the middle of a character of UTF-8.
std::size_t character_start(std::string_view text, std::size_t at) {
  while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) --at;
  return at;
}

// Begin and end of a text that is too long: those of a URL are host and file.
std::string shortened(std::string_view text) {
  constexpr std::string_view ellipsis = "\xE2\x80\xA6";
  constexpr std::size_t tail = 48;
  if (text.size() <= ledger::most_detail) return std::string{text};
  const auto head = character_start(text, ledger::most_detail - ellipsis.size() - tail - 4);
  std::string out{text.substr(0, head)};
  return out.append(ellipsis).append(text.substr(character_start(text, text.size() - tail)));
}

// The time of the last tick of the kernel: some milliseconds are no matter for activity, which is marked
// several times a call, and a tick costs a fifth of the exact time.
nanoseconds recent_time() {
  timespec t{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &t);
  return nanoseconds{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

std::unique_ptr<char[]> kept_text(std::string_view text) {
  if (text.empty()) return nullptr;
  auto copy = std::make_unique<char[]>(text.size() + 1);
  std::memcpy(copy.get(), text.data(), text.size());
  return copy;
}

} // namespace

const char* resource_name(resource r) {
  const auto i = static_cast<std::size_t>(r);
  return i < resource_names.size() ? resource_names[i] : "unknown";
}

struct ledger::node {
  node(shard& home_, std::uint64_t id_, resource what_, const char* kind_, std::uint64_t owner_,
       nanoseconds born_) :
      home(home_),
      id(id_), kind(kind_), owner(owner_), born(born_), last_activity(born_), what(what_) {}

  // Guarded by the shard's mutex, as is `detail`.
  node* previous = nullptr;
  node* next = nullptr;
  shard& home;
  const std::uint64_t id;
  const char* const kind;
  const intern_table::item* label = nullptr;
  const intern_table::item* stack = nullptr;
  std::atomic<std::uint64_t> owner;
  const nanoseconds born;
  std::atomic<nanoseconds> last_activity;
  std::atomic<nanoseconds> due{0};
  std::atomic<const char*> state{"idle"};
  const mailbox_gauge* mailbox = nullptr;
  std::uint64_t parent = 0;
  std::unique_ptr<char[]> detail;
  std::atomic<int> socket{-1};
  const resource what;
  bool has_body = false;
};

// A shard fills cache lines of its own, so that neighbours do not slow each other down.
struct alignas(64) ledger::shard {
  mutable std::mutex mutex;
  ledger* book = nullptr;
  node* first = nullptr;
  // Written under the mutex only, therefore without read-modify-write; read without it.
  std::array<std::atomic<std::size_t>, resource_count> live{};
  std::array<std::atomic<std::uint64_t>, resource_count> entered{};

  template <class T>
  static void change(std::atomic<T>& value, T by) noexcept {
    value.store(value.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
};

// When jobs ended, of the last ones.
struct ledger::ended_jobs {
  void add(std::uint64_t job) {
    const auto present = now();
    const std::lock_guard<std::mutex> lock{mutex};
    if (!times.insert_or_assign(job, present).second) return;
    order.push_back(job);
    if (order.size() <= most) return;
    const auto oldest = times.find(order.front());
    forgotten = std::max(forgotten, oldest->second);
    times.erase(oldest);
    order.pop_front();
  }

  static constexpr std::size_t most = 4096;
  std::mutex mutex;
  std::unordered_map<std::uint64_t, nanoseconds> times;
  std::deque<std::uint64_t> order;
  nanoseconds forgotten = 0; // whatever is not known has ended by then
};

ledger::ledger() :
    shards_(std::make_unique<std::array<shard, shard_count>>()), ended_jobs_(std::make_unique<ended_jobs>()),
    tools_(std::make_unique<instruments>()) {
  static_assert(sizeof(node) + most_detail + 1 <= most_entry_bytes);
  for (auto& s : *shards_) s.book = this;
  // The first unwinding loads libgcc_s, which allocates and takes the loader's lock.
  std::array<std::uintptr_t, 2> frames{};
  capture_stack(frames.data(), frames.size());
}

ledger::~ledger() { assert(live() == 0 && "an entry outlives its ledger"); }

const intern_table::item* ledger::keep_stack(const std::uintptr_t* frames, std::size_t depth) {
  const auto bytes = [&](std::size_t length) {
    return std::string_view{reinterpret_cast<const char*>(frames), length * sizeof *frames};
  };
  if (const auto* kept = stacks_.keep(bytes(depth))) return kept;
  return depth > 1 ? stacks_.keep(bytes(1)) : nullptr;
}

__attribute__((noinline)) const intern_table::item* ledger::kept_stack() {
  std::array<std::uintptr_t, stack_depth> frames;
  const auto depth = capture_stack(frames.data(), frames.size(),
                                   reinterpret_cast<std::uintptr_t>(__builtin_return_address(0)));
  return keep_stack(frames.data(), depth);
}

__attribute__((noinline)) ledger::entry ledger::enter(resource what, const char* kind,
                                                      std::uint64_t owner_job, std::string_view label) {
  auto made = enter(what, kind, owner_job, label, {nullptr, __builtin_return_address(0)});
  return made;
}

ledger::entry ledger::enter(resource what, const char* kind, std::uint64_t owner_job, std::string_view label,
                            const origin& from) {
  const auto* const doing = current_activity();
  if (owner_job == of_this_job) owner_job = doing == nullptr ? 0 : doing->job;
  const auto id = next_id_.fetch_add(1, std::memory_order_relaxed);
  auto& home = (*shards_)[id % shard_count];
  auto fresh = std::make_unique<node>(home, id, what, kind, owner_job, now());
  fresh->parent = doing == nullptr ? 0 : doing->entry;
  fresh->has_body = from.body != nullptr;

  std::array<std::uintptr_t, stack_depth + 1> frames;
  std::size_t depth = 0;
  // As if it were a return address, like all others.
  if (from.body != nullptr) frames[depth++] = reinterpret_cast<std::uintptr_t>(from.body) + 1;
  const auto caller = reinterpret_cast<std::uintptr_t>(from.caller);
  const auto found =
      capture_stack(frames.data() + depth, is_frequent(what) ? brief_stack_depth : stack_depth, caller);
  if (found == 0) frames[depth] = caller;
  depth += std::max<std::size_t>(found, 1);
  fresh->stack = keep_stack(frames.data(), depth);
  if (!label.empty()) {
    fresh->label = labels_.keep(label);
    if (fresh->label == nullptr) fresh->label = other_label_;
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
  // Before it leaves: in between the job would be unknown.
  if (n->what == resource::job && n->owner.load() != 0) home.book->ended_jobs_->add(n->owner.load());
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
  node_->due.store(0, std::memory_order_relaxed);
  node_->state.store(text, std::memory_order_relaxed);
  touch();
}

void ledger::entry::waits(const char* text, std::chrono::nanoseconds at_most) noexcept {
  if (node_ == nullptr) return;
  state(text);
  node_->due.store(node_->last_activity.load(std::memory_order_relaxed) + at_most.count(),
                   std::memory_order_relaxed);
}

void ledger::entry::touch() noexcept {
  if (node_ != nullptr)
    node_->last_activity.store(std::max(recent_time(), node_->born), std::memory_order_relaxed);
}

void ledger::entry::detail(std::string_view text) {
  if (node_ == nullptr) return;
  // Outside the lock: a record is being copied by others under it.
  auto copy = kept_text(text.size() > most_detail ? shortened(text) : text);
  {
    const std::lock_guard<std::mutex> lock{node_->home.mutex};
    node_->detail.swap(copy);
  }
  touch();
}

void ledger::entry::request(std::string_view method, std::string_view url) {
  if (node_ == nullptr) return;
  detail(std::string{method} + (method.empty() ? "" : " ") + shown_url(url));
  auto& urls = node_->home.book->tools().urls;
  if (urls.on())
    urls.look_at(method, url,
                 {now(),
                  {},
                  {},
                  {},
                  node_->kind,
                  std::string{node_->label != nullptr ? node_->label->bytes : ""},
                  node_->owner.load(std::memory_order_relaxed),
                  {}});
}

void ledger::entry::owner(std::uint64_t job) noexcept {
  if (node_ != nullptr) node_->owner.store(job, std::memory_order_relaxed);
}

void ledger::entry::socket(int descriptor) noexcept {
  if (node_ != nullptr) node_->socket.store(descriptor, std::memory_order_relaxed);
}

void ledger::entry::mailbox(const mailbox_gauge& gauge) noexcept {
  if (node_ == nullptr) return;
  const std::lock_guard<std::mutex> lock{node_->home.mutex};
  node_->mailbox = &gauge;
}

std::vector<ledger::record> ledger::copies(const resource* what) const {
  std::vector<record> found;
  found.reserve(what == nullptr ? live() : live(*what));
  const auto present = trace_recorder::clock();
  for (const auto& part : *shards_) {
    const std::lock_guard<std::mutex> lock{part.mutex};
    for (const auto* n = part.first; n != nullptr; n = n->next) {
      if (what != nullptr && n->what != *what) continue;
      const auto since = n->mailbox == nullptr ? 0 : n->mailbox->waiting_since();
      found.push_back(
          {n->id, n->what, n->kind, std::string{n->label == nullptr ? std::string_view{} : n->label->bytes},
           n->owner.load(std::memory_order_relaxed), n->parent, n->born,
           n->last_activity.load(std::memory_order_relaxed), n->state.load(std::memory_order_relaxed),
           n->due.load(std::memory_order_relaxed), n->detail ? n->detail.get() : "",
           n->socket.load(std::memory_order_relaxed), n->mailbox == nullptr ? 0 : n->mailbox->depth(),
           since == 0 ? 0 : std::max<std::int64_t>(present - since, 0), n->has_body, stack_of(n->stack)});
    }
  }
  std::sort(found.begin(), found.end(), [](const record& a, const record& b) { return a.id < b.id; });
  return found;
}

std::vector<ledger::record> ledger::records() const { return copies(nullptr); }
std::vector<ledger::record> ledger::records(resource what) const { return copies(&what); }

std::vector<ledger::count> ledger::counts(bool by_state) const {
  std::map<count_key<std::string>, std::size_t, count_order> groups;
  for (const auto& part : *shards_) {
    const std::lock_guard<std::mutex> lock{part.mutex};
    for (const auto* n = part.first; n != nullptr; n = n->next) {
      const auto* state = by_state ? n->state.load(std::memory_order_relaxed) : "";
      const auto label = n->label == nullptr ? std::string_view{} : n->label->bytes;
      const count_key<std::string_view> key{n->what, n->kind, label, state};
      const auto i = groups.find(key);
      if (i != groups.end())
        ++i->second;
      else
        groups.emplace(count_key<std::string>{n->what, n->kind, std::string{label}, state}, 1);
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

std::optional<nanoseconds> ledger::job_ended(std::uint64_t job) const {
  const std::lock_guard<std::mutex> lock{ended_jobs_->mutex};
  if (const auto known = ended_jobs_->times.find(job); known != ended_jobs_->times.end())
    return known->second;
  if (ended_jobs_->forgotten == 0) return std::nullopt;
  return ended_jobs_->forgotten;
}

call_stack stack_of(const intern_table::item* kept) {
  if (kept == nullptr) return {};
  call_stack stack(kept->bytes.size() / sizeof(std::uintptr_t));
  std::memcpy(stack.data(), kept->bytes.data(), kept->bytes.size());
  return stack;
}

} // namespace argosy
