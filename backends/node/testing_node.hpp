#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "backends/node/disk_session.hpp"
#include "backends/node/node_link.hpp"
#include "backends/testing.hpp"

/// Another node, within the test's process.
namespace argosy::testing {

/// One other node, and what it exports. Its sessions run on threads of its own, as those of a real one.
class neighbour final : public node_directory {
public:
  neighbour(bench_of_storages& bench, std::string name, std::vector<disk_export> offered) :
      name_(std::move(name)), server_(disk_exports{std::move(offered)}, bench.log), pool_(bench.book, {}) {}
  ~neighbour() override { pool_.wait_until_idle(); }

  const std::string& self() const noexcept override { return self_; }
  const disk_exports& exports() const noexcept override { return own_; }
  std::unique_ptr<node_link> connect(const may_block&, const std::string& node) override {
    if (node != name_) fail(failure_kind::other, "no node \"" + node + "\" is known");
    auto made = std::make_shared<line>(server_);
    {
      const std::lock_guard lock{mutex_};
      lines_.push_back(made);
    }
    return std::make_unique<link>(*this, std::move(made));
  }
  /// As when the process is killed.
  void vanish() {
    const std::lock_guard lock{mutex_};
    for (const auto& kept : lines_)
      if (const auto one = kept.lock()) one->cut();
  }
  void offers_itself(std::vector<disk_export> offered) { own_ = disk_exports{std::move(offered)}; }
  std::size_t most_in_flight() const { return most_in_flight_; }

private:
  // Both directions of a link, and the session behind it.
  struct line : std::enable_shared_from_this<line> {
    explicit line(disk_server& server) : session(std::make_unique<disk_session>(server)) {}
    void cut() {
      const std::lock_guard lock{mutex};
      gone = true;
      stop.cancel();
      changed.notify_all();
    }
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::string> requests, answers;
    std::size_t unanswered = 0;
    bool gone = false, working = false;
    cancellation stop;
    std::unique_ptr<disk_session> session;
  };

  class link final : public node_link {
  public:
    link(neighbour& of, std::shared_ptr<line> way) : of_(of), way_(std::move(way)) {}
    ~link() override {
      way_->cut();
      of_.pool_.post({}, [way = way_](const may_block&) {
        std::unique_lock lock{way->mutex};
        way->changed.wait(lock, [&] { return !way->working; });
        const auto ended = std::move(way->session);
        lock.unlock(); // the end of a session may wait for locks of its own
      });
      of_.pool_.wait_until_idle(); // tests count what is left
    }
    void send(std::string frame) override {
      std::unique_lock lock{way_->mutex};
      if (way_->gone) return;
      const auto kind = frame_reader{frame}.kind();
      if (kind == frame_kind::more) return way_->session->page_taken();
      way_->requests.push_back(std::move(frame));
      if (kind != frame_kind::close) of_.in_flight(++way_->unanswered);
      if (std::exchange(way_->working, true)) return;
      lock.unlock();
      of_.pool_.post({way_->stop, nullptr, nullptr}, [way = way_](const may_block& on) { work(on, *way); });
    }
    std::string receive(const may_block& on) override {
      std::unique_lock lock{way_->mutex};
      while (!way_->changed.wait_for(lock, std::chrono::milliseconds(20),
                                     [this] { return way_->gone || !way_->answers.empty(); }))
        on.check();
      if (way_->answers.empty()) fail(failure_kind::retryable, "node \"" + of_.name_ + "\" is gone");
      auto frame = std::move(way_->answers.front());
      way_->answers.pop_front();
      return frame;
    }
    bool gone() const noexcept override {
      const std::lock_guard lock{way_->mutex};
      return way_->gone;
    }

  private:
    static void work(const may_block& on, line& way) {
      while (true) {
        std::unique_lock lock{way.mutex};
        if (way.gone || way.requests.empty()) {
          way.working = false;
          way.changed.notify_all();
          return;
        }
        const auto frame = std::move(way.requests.front());
        way.requests.pop_front();
        lock.unlock();
        way.session->handle(on, frame, [&way](std::string answer) {
          const std::lock_guard again{way.mutex};
          const auto kind = frame_reader{answer}.kind();
          if (kind != frame_kind::page && kind != frame_kind::busy) --way.unanswered;
          way.answers.push_back(std::move(answer));
          way.changed.notify_all();
        });
      }
    }
    neighbour& of_;
    std::shared_ptr<line> way_;
  };

  void in_flight(std::size_t now) {
    for (auto most = most_in_flight_.load(); most < now;)
      if (most_in_flight_.compare_exchange_weak(most, now)) return;
  }

  const std::string name_;
  const std::string self_ = "here";
  disk_exports own_;
  disk_server server_;
  std::mutex mutex_;
  std::vector<std::weak_ptr<line>> lines_;
  std::atomic<std::size_t> most_in_flight_{0};
  io_pool pool_;
};

} // namespace argosy::testing
