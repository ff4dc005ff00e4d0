#include "metrics/profile/trace.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <new>

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/failure.hpp"
#include "metrics/process.hpp"
#include "metrics/profile/gzip.hpp"

namespace argosy {

namespace {

std::uint32_t own_thread() noexcept {
  thread_local const auto number = static_cast<std::uint32_t>(::syscall(SYS_gettid));
  return number;
}

// Names come from our own sources and from calls: whatever JSON does not take as it is becomes '?'.
std::string quoted(std::string_view text) {
  std::string out{"\""};
  for (const char c : text) out += c < ' ' || c == '"' || c == '\\' || c > '~' ? '?' : c;
  return out += '"';
}

// Microseconds with decimals, as the format has them.
std::string microseconds(std::int64_t ns) {
  char text[32];
  std::snprintf(text, sizeof text, "%lld.%03lld", static_cast<long long>(ns / 1000),
                static_cast<long long>(ns % 1000));
  return text;
}

} // namespace

struct trace_recorder::event {
  char phase = 0; // of the format: X a slice, s and f the ends of an arrow, C a figure
  char what[24]{};
  std::uint32_t thread = 0;
  const char* kind = nullptr;
  std::int64_t at = 0, length = 0;
  std::uint64_t job = 0;
  std::int64_t number = 0; // messages waiting, the arrow's, the figure's value
};

struct trace_recorder::chunk {
  struct slot {
    event what;
    std::atomic<bool> written{false};
  };
  std::array<slot, chunk_size> slots;
};

trace_recorder::trace_recorder(std::size_t room) : room_(std::min(room, most_events)) {}
trace_recorder::~trace_recorder() { forget(); }

std::int64_t trace_recorder::clock() noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void trace_recorder::start() {
  if (taken_.exchange(true)) fail(failure_kind::other, "tracing is already enabled");
  used_ = 0;
  begun_ = clock();
  on_ = true;
}

void trace_recorder::record(const event& e) noexcept {
  // finish() waits until nobody is between these two.
  writers_.fetch_add(1);
  if (on_.load()) {
    const auto place = used_.fetch_add(1, std::memory_order_relaxed);
    if (place < room_) {
      auto& home = chunks_[place / chunk_size];
      auto* c = home.load(std::memory_order_acquire);
      if (c == nullptr) {
        auto* const fresh = new (std::nothrow) chunk;
        if (fresh != nullptr && !home.compare_exchange_strong(c, fresh, std::memory_order_acq_rel))
          delete fresh;
        else
          c = fresh;
      }
      if (c != nullptr) {
        auto& s = c->slots[place % chunk_size];
        s.what = e;
        s.what.thread = own_thread();
        s.written.store(true, std::memory_order_release);
      }
    }
  }
  writers_.fetch_sub(1);
}

void trace_recorder::slice(const trace_slice& s) noexcept {
  if (!on()) return;
  event e;
  e.phase = 'X';
  e.kind = s.kind;
  std::memcpy(e.what, s.what.data(), std::min(s.what.size(), sizeof e.what - 1));
  e.at = s.begun;
  e.length = s.ended - s.begun;
  e.job = s.job;
  e.number = static_cast<std::int64_t>(s.waiting);
  record(e);
}

void trace_recorder::sent(std::uint64_t arrow) noexcept {
  if (!on()) return;
  event e;
  e.phase = 's';
  e.at = clock();
  e.number = static_cast<std::int64_t>(arrow);
  record(e);
}

void trace_recorder::received(std::uint64_t arrow) noexcept {
  if (!on()) return;
  event e;
  e.phase = 'f';
  e.at = clock();
  e.number = static_cast<std::int64_t>(arrow);
  record(e);
}

void trace_recorder::figure(const char* name, std::int64_t value) noexcept {
  if (!on()) return;
  event e;
  e.phase = 'C';
  e.kind = name;
  e.at = clock();
  e.number = value;
  record(e);
}

namespace {

// One line of the format.
class line {
public:
  line(char phase, std::int64_t at, std::uint32_t thread) {
    text_ = std::string{R"({"ph":")"} + phase + R"(","pid":1,"tid":)" + std::to_string(thread) + R"(,"ts":)" +
            microseconds(at);
  }
  line& text(const char* key, std::string_view value) { return raw(key, quoted(value)); }
  line& raw(const char* key, const std::string& value) {
    text_ += std::string{",\""} + key + "\":" + value;
    return *this;
  }
  std::string end() { return text_ + "},\n"; }

private:
  std::string text_;
};

} // namespace

std::string trace_recorder::finish() {
  if (!on_.exchange(false)) return {};
  while (writers_.load() != 0) ::sched_yield(); // fractions of a microsecond
  gzip_writer out;
  out.write("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n");
  const auto used = used_.load();
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(used, room_); ++i) {
    const auto* const home = chunks_[i / chunk_size].load();
    if (home == nullptr || !home->slots[i % chunk_size].written) continue;
    const auto& e = home->slots[i % chunk_size].what;
    line l{e.phase, std::max<std::int64_t>(e.at - begun_, 0), e.thread};
    if (e.phase == 'X') {
      const std::string name = std::string{e.kind} + (e.what[0] != '\0' ? ": " : "") + e.what;
      std::string arguments = "{\"waiting\":" + std::to_string(e.number);
      if (e.job != 0) arguments += ",\"job\":" + std::to_string(e.job);
      l.text("cat", e.kind)
          .text("name", name)
          .raw("dur", microseconds(e.length))
          .raw("args", arguments + "}");
    } else if (e.phase == 'C') {
      l.text("name", e.kind).raw("args", "{\"value\":" + std::to_string(e.number) + "}");
    } else {
      l.text("cat", "message").text("name", "message").raw("id", std::to_string(e.number));
      if (e.phase == 'f') l.text("bp", "e");
    }
    out.write(l.end());
  }
  for (const auto& [thread, name] : read_threads()) {
    line l{'M', 0, static_cast<std::uint32_t>(thread)};
    out.write(l.text("name", "thread_name").raw("args", "{\"name\":" + quoted(name) + "}").end());
  }
  // The last one, without a comma behind it.
  out.write(R"({"ph":"M","pid":1,"tid":0,"ts":0,"name":"process_name","args":{"name":"argosy"}}],)"
            "\n\"otherData\":{\"dropped\":" +
            std::to_string(used - std::min<std::uint64_t>(used, room_)) + "}}\n");
  forget();
  taken_ = false;
  return out.finish();
}

void trace_recorder::forget() noexcept {
  for (auto& home : chunks_) delete home.exchange(nullptr);
}

} // namespace argosy
