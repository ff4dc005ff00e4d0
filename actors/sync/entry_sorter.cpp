#include "actors/sync/entry_sorter.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "core/failure.hpp"

namespace argosy {

namespace {

/// The store gives out room in pieces of 64 KiB; a block takes one unless a name is very long.
constexpr std::size_t block_bytes = 60 << 10;
/// A block of each run is in memory while they are merged: 2 MiB.
constexpr std::size_t most_runs = 32;

// Of one entry in a block; then its name, and its key where that differs.
struct packed {
  std::uint32_t name, key; // bytes
  std::int64_t size;
  nanoseconds modified;
  entry_kind kind;
  bool own_key;
};

void pack(std::string& block, const entry_view& entry, std::string_view key) {
  const auto own = key != entry.name;
  const packed head{static_cast<std::uint32_t>(entry.name.size()),
                    static_cast<std::uint32_t>(own ? key.size() : 0),
                    entry.size,
                    entry.modified,
                    entry.kind,
                    own};
  block.append(reinterpret_cast<const char*>(&head), sizeof head);
  block.append(entry.name);
  if (own) block.append(key);
}

/// Fills blocks and puts them into a run.
class run_writer {
public:
  run_writer(const may_block& on, spilled_run& into) : on_(on), into_(into) {}
  void add(const entry_view& entry, std::string_view key) {
    pack(block_, entry, key);
    if (block_.size() >= block_bytes) flush();
  }
  void flush() {
    on_.check();
    if (!block_.empty()) into_.append(on_, block_);
    block_.clear();
  }

private:
  const may_block& on_;
  spilled_run& into_;
  std::string block_;
};

} // namespace

spilled_run::~spilled_run() {
  if (blocks_.empty()) return;
  auto& spill = with_->spill;
  try {
    with_->io.post({}, [&spill, left = std::vector<spill_store::extent>{blocks_.begin(), blocks_.end()}](
                           const may_block& on) { spill.give_back(on, left); });
  } catch (const failure&) {
    // The pool takes nothing more: the process ends, and the file with it.
  }
}

void spilled_run::append(const may_block& on, std::string_view block) {
  blocks_.push_back(with_->spill.write(on, block));
}

std::string spilled_run::take(const may_block& on) {
  auto block = with_->spill.read(on, blocks_.front());
  with_->spill.give_back(on, {blocks_.front()});
  blocks_.pop_front();
  return block;
}

bool entry_sorter::reader::advance(const may_block& on) {
  if (next == block.size()) {
    on.check();
    if (run.empty()) return false;
    block = run.take(on);
    next = 0;
  }
  packed head{};
  std::memcpy(&head, block.data() + next, sizeof head);
  const auto* name = block.data() + next + sizeof head;
  entry = {{name, head.name}, head.kind, head.size, head.modified};
  key = head.own_key ? std::string_view{name + head.name, head.key} : entry.name;
  next += sizeof head + head.name + head.key;
  return true;
}

entry_sorter::entry_sorter(services& with, std::size_t most, key_maker key) :
    with_(with), most_(std::max<std::size_t>(1, most)), key_(std::move(key)) {}

void entry_sorter::add(const may_block& on, const entry_view& entry) {
  batch_.add(entry.name, entry.kind, entry.size, entry.modified);
  if (batch_.size() >= most_) spill(on);
}

void entry_sorter::add(const may_block& on, const listing& page) {
  for (std::size_t i = 0; i < page.size(); ++i) add(on, page[i]);
}

void entry_sorter::spill(const may_block& on) {
  if (batch_.empty()) return;
  batch_.sort();
  std::vector<std::string> keys; // empty where all names are their own keys
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    auto key = key_(batch_[i]);
    if (keys.empty() && key != batch_[i].name) keys.resize(batch_.size());
    if (!keys.empty()) keys[i] = std::move(key);
  }
  const auto key_of = [&](std::size_t i) {
    return keys.empty() || keys[i].empty() ? batch_[i].name : std::string_view{keys[i]};
  };
  std::vector<std::uint32_t> order(batch_.size());
  std::iota(order.begin(), order.end(), std::uint32_t{0});
  if (!keys.empty())
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return key_of(a) < key_of(b); });
  runs_.emplace_back(with_);
  run_writer writer{on, runs_.back()};
  for (const auto i : order) writer.add(batch_[i], key_of(i));
  writer.flush();
  batch_ = {};
  if (runs_.size() == most_runs) merge_runs(on);
}

namespace {

/// The heap's order: the lowest key is in front, of equal ones that which came first.
template <class Reader>
bool later(const std::unique_ptr<Reader>& a, const std::unique_ptr<Reader>& b) {
  const auto order = a->key.compare(b->key);
  return order != 0 ? order > 0 : a->number > b->number;
}

} // namespace

void entry_sorter::open_readers(const may_block& on) {
  for (auto& run : runs_) {
    auto made = std::make_unique<reader>(reader{std::move(run), readers_.size()});
    if (made->advance(on)) readers_.push_back(std::move(made));
  }
  runs_.clear();
  std::make_heap(readers_.begin(), readers_.end(), later<reader>);
}

void entry_sorter::merge_runs(const may_block& on) {
  open_readers(on);
  spilled_run merged{with_};
  run_writer writer{on, merged};
  for (; !empty(); pop(on)) writer.add(front(), key());
  writer.flush();
  runs_.push_back(std::move(merged));
}

void entry_sorter::finish(const may_block& on) {
  spill(on);
  open_readers(on);
}

void entry_sorter::pop(const may_block& on) {
  std::pop_heap(readers_.begin(), readers_.end(), later<reader>);
  if (readers_.back()->advance(on))
    std::push_heap(readers_.begin(), readers_.end(), later<reader>);
  else
    readers_.pop_back();
}

} // namespace argosy
