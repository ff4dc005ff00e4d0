#include "http/serve/served_call.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include <caf/actor_cast.hpp>

#include "actors/tell.hpp"
#include "backends/operations.hpp"
#include "core/content_type.hpp"
#include "core/failure.hpp"
#include "core/header_text.hpp"
#include "http/byte_ranges.hpp"
#include "http/conditions.hpp"
#include "http/error_reply.hpp"
#include "http/listing_page.hpp"
#include "http/params.hpp"
#include "http/rc/option_blocks.hpp"
#include "http/serve/page_reply.hpp"
#include "http/serve/serving_account.hpp"

namespace argosy {

namespace {

using namespace std::chrono_literals;

// What is read and handed to a client at once: all the memory that a download needs.
constexpr std::size_t block_size = 128 << 10;
// The same while bandwidth is limited: waiting for a whole block would look like a stand-still.
constexpr std::size_t limited_block_size = 16 << 10;
// A block that fills slower than that goes out as it is.
constexpr auto fill_time = 100ms;
// A client that takes nothing for one to two of these gives its connection back; the object is opened anew
// when it goes on.
constexpr auto stall_time = 5s;
constexpr nanoseconds second = 1'000'000'000;

/// A connection, and the object that is read through it. Made, used and destroyed on I/O threads.
struct open_object {
  session_loan loan;
  std::unique_ptr<object_source> source; // ends before the loan
};

/// Lives in its job's actor; its members are touched there, and on the I/O thread that the job waits for.
class served_call : public std::enable_shared_from_this<served_call> {
public:
  served_call(const rc::daemon& d, served_request wanted, http_answer answer) :
      daemon_(d), wanted_(std::move(wanted)), answer_(std::move(answer)) {}
  ~served_call() { release(); }

  void begin(job_context& job) {
    job_ = &job;
    job.open_remotes({wanted_.fs}, [self = shared_from_this()](const std::vector<remote>& opened) {
      self->from_ = opened.front();
      if (self->from_.file) fail(failure_kind::is_a_file, "is a file not a directory");
      self->job_->open_stats([self](const stats_sink& stats) {
        self->stats_ = stats;
        self->lease([self](session_loan loan) { self->look(std::move(loan)); });
      });
    });
  }

  /// The client wants the next block. In the actor.
  void next(http_stream::taker give) {
    active_ = true;
    if (left_ == 0) {
      account_->finish();
      give(std::make_shared<const std::string>());
      return job_->succeed();
    }
    if (open_) return read(std::move(give));
    lease([self = shared_from_this(), give = std::move(give)](session_loan loan) mutable {
      self->open_ = std::make_shared<open_object>(open_object{std::move(loan), nullptr});
      self->read(std::move(give));
    });
  }

  /// The job has ended.
  void ended(const job_status& status) {
    if (status.error && !answered_) {
      auto why = status.error;
      why.text = std::string{doing_} + ": " + why.text;
      reply(error_reply(why, error_path_, nullptr));
    }
    if (account_ && status.error) account_->finish(status.error.text);
    done_ = true;
    release();
  }

private:
  struct first_look {
    http_reply reply;
    bool more = false; // the object goes on behind what is in the reply
  };
  struct block {
    std::shared_ptr<const std::string> bytes; // null: there was an error
    failure_info error;
  };

  void lease(std::function<void(session_loan)> then) {
    job_->lease({from_}, [then = std::move(then)](std::vector<session_loan> loans) {
      then(std::move(loans.front()));
    });
  }

  void reply(http_reply made) {
    answered_ = true;
    std::exchange(answer_, nullptr)(std::move(made));
  }

  void look(session_loan loan) {
    open_ = std::make_shared<open_object>(open_object{std::move(loan), nullptr});
    job_->block(
        &daemon_.with.upload,
        [self = shared_from_this(), open = open_](const may_block& on) {
          return self->wanted_.is_directory ? self->page(on, *open) : self->object(on, *open);
        },
        [self = shared_from_this()](first_look found) { self->looked(std::move(found)); });
  }

  void looked(first_look found) {
    if (!found.more) {
      if (account_) account_->finish();
      reply(std::move(found.reply));
      return job_->succeed();
    }
    found.reply.stream = stream();
    reply(std::move(found.reply));
    watch();
  }

  first_look page(const may_block& on, open_object& open) {
    doing_ = "failed to list directory";
    error_path_ = wanted_.path;
    listing_page made{wanted_.path};
    const auto rules = rc::make_rules(daemon_.blocks.filters());
    walk_visitor visit;
    visit.entries = [&](const std::string&, const listing& entries) {
      for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto entry = entries[i];
        const auto time = wanted_.no_modtime ? std::nullopt : std::make_optional(entry.modified);
        made.add(entry.name, entry.kind == entry_kind::directory, entry.size, time);
      }
    };
    visit.listed = [&](std::size_t n) {
      stats_delta delta;
      delta.listed = static_cast<std::int64_t>(n);
      stats_.add(delta);
    };
    const auto failed = walk(on, open.loan.open(on), {wanted_.path, 1, rules.get()}, visit);
    if (failed) throw *failed;
    const auto asked = parse_query(wanted_.http.query);
    made.arrange(asked.value("sort", ""), asked.value("order", ""));
    account_ = std::make_unique<serving_account>(stats_, wanted_.path, -1, wanted_.fs);
    return {page_reply(made, wanted_.look.get(), daemon_.with.log), false};
  }

  first_look object(const may_block& on, open_object& open) {
    doing_ = "failed to find object";
    error_path_ = wanted_.path;
    auto& from = open.loan.open(on);
    info_ = require_object(on, from, wanted_.path);
    const bool sized = info_.size >= 0;
    first_look found;
    auto& made = found.reply;
    const bool head = wanted_.http.method == "HEAD";
    made.content_type = known_type();
    std::optional<std::int64_t> modified;
    if (info_.modified != 0) {
      modified = info_.modified / second - (info_.modified % second < 0 ? 1 : 0);
      made.headers.emplace_back("Last-Modified", http_date(*modified));
    }
    add_metadata(on, from, made);
    const auto asked = check_conditions(wanted_.http, modified);
    if (asked.status != 0) {
      made.status = asked.status;
      made.content_type.clear();
      return found;
    }
    // Of HEAD rclone tells the whole length, whatever is asked for.
    if (head) {
      if (sized) made.headers.emplace_back("Content-Length", std::to_string(info_.size));
      return found;
    }
    const auto header = asked.ranges && sized ? wanted_.http.header("Range") : std::string_view{};
    const auto part = parse_single_range(header, info_.size);
    if (!part) return {http_reply::plain_error(400, reason_phrase(400)), false};
    if (part->unsatisfiable) {
      found.reply = http_reply::plain_error(416, part->error);
      found.reply.headers.emplace_back("Content-Range", unsatisfied_range(info_.size));
      return found;
    }
    left_ = info_.size;
    if (!part->ranges.empty()) {
      at_ = part->ranges.front().start;
      left_ = part->ranges.front().length;
      made.status = 206;
      made.headers.emplace_back("Content-Range", content_range(part->ranges.front(), info_.size));
    }
    const auto length = left_;
    try {
      open.source = from.open(on, wanted_.path, at_, left_);
    } catch (const failure& why) {
      if (why.kind() == failure_kind::cancelled) throw;
      return {http_reply::plain_error(404, reason_phrase(404)), false};
    }
    account_ = std::make_unique<serving_account>(stats_, wanted_.path, info_.size, wanted_.fs);
    doing_ = "failed to read object";
    auto first = fill(on, open);
    if (made.content_type.empty() && !first.empty()) made.content_type = detect_content_type(first);
    if (sized) made.headers.emplace_back("Content-Length", std::to_string(length));
    if (!first.empty()) made.body.push_back(std::make_shared<const std::string>(std::move(first)));
    found.more = left_ != 0;
    return found;
  }

  // Empty: unknown, and there is not even an extension. The content has to tell.
  std::string known_type() const {
    if (!info_.mime_type.empty()) return info_.mime_type;
    const auto& by_name = daemon_.types.of(wanted_.path);
    const auto leaf = wanted_.path.substr(wanted_.path.rfind('/') + 1);
    const bool unknown = by_name == "application/octet-stream" && leaf.find('.') == std::string::npos;
    return unknown ? std::string{} : by_name;
  }

  void add_metadata(const may_block& on, session& from, http_reply& made) const {
    if (!from.of().info().features.ReadMetadata) return;
    try {
      const auto known = from.metadata(on, wanted_.path);
      for (const auto& [key, name] :
           {std::pair{"content-disposition", "Content-Disposition"},
            std::pair{"cache-control", "Cache-Control"}, std::pair{"content-language", "Content-Language"},
            std::pair{"content-encoding", "Content-Encoding"}}) {
        const auto value = known.find(key);
        if (value != known.end() && !value->second.empty()) made.headers.emplace_back(name, value->second);
      }
    } catch (const failure& why) {
      // They are an extra: the object can be had without.
      if (why.kind() == failure_kind::cancelled) throw;
      daemon_.with.log.write(log_level::debug, wanted_.path + ": Request get metadata error: " + why.what());
    }
  }

  void read(http_stream::taker give) {
    reading_ = true;
    job_->block(
        &daemon_.with.upload,
        [self = shared_from_this(), open = open_](const may_block& on) {
          block got;
          try {
            if (!open->source) self->open_again(on, *open);
            got.bytes = std::make_shared<const std::string>(self->fill(on, *open));
          } catch (...) {
            got.error = current_failure();
          }
          return got;
        },
        [self = shared_from_this(), give = std::move(give)](const block& got) {
          self->have_read(got, give);
        });
  }

  void have_read(const block& got, const http_stream::taker& give) {
    reading_ = false;
    if (got.error) {
      if (got.error.kind != failure_kind::cancelled)
        daemon_.with.log.write(log_level::error,
                               wanted_.path + ": Didn't finish writing GET request: " + got.error.text);
      give(nullptr);
      return job_->fail(got.error);
    }
    if (!got.bytes->empty()) return give(got.bytes);
    // The end of an object of unknown size.
    account_->finish();
    give(got.bytes);
    job_->succeed();
  }

  // After a pause, during which the connection belonged to others.
  void open_again(const may_block& on, open_object& open) {
    auto& from = open.loan.open(on);
    const auto present = require_object(on, from, wanted_.path);
    if (present.size != info_.size || present.modified != info_.modified)
      fail(failure_kind::other, "the object has changed while it was read");
    open.source = from.open(on, wanted_.path, at_, left_);
  }

  // The next block. Empty: nothing is left.
  std::string fill(const may_block& on, open_object& open) {
    const auto scope = on.for_listener(&account_->progress());
    const auto most = daemon_.with.upload.limits() ? limited_block_size : block_size;
    const auto wanted = left_ < 0 ? most : static_cast<std::size_t>(std::min<std::int64_t>(left_, most));
    std::string bytes(wanted, '\0');
    std::size_t got = 0;
    const auto begun = std::chrono::steady_clock::now();
    bool end = false;
    while (got < wanted && !end) {
      const auto n = open.source->read(scope, bytes.data() + got, wanted - got);
      end = n == 0;
      got += n;
      if (n > 0) scope.account(n);
      if (got > 0 && std::chrono::steady_clock::now() - begun > fill_time) break;
    }
    if (end && left_ > 0 && got < wanted) fail(failure_kind::other, "unexpected EOF");
    bytes.resize(got);
    at_ += static_cast<std::int64_t>(got);
    if (left_ > 0) left_ -= static_cast<std::int64_t>(got);
    if (end) left_ = 0;
    return bytes;
  }

  // Looks now and then whether the client still takes something.
  void watch() {
    if (done_) return;
    auto look_again = std::make_shared<std::function<void()>>([weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self || self->done_) return;
      if (!std::exchange(self->active_, false) && !self->reading_) self->release();
      self->watch();
    });
    job_->self()->delayed_send(job_->self(), stall_time, resume_atom_v, continuation{std::move(look_again)});
  }

  // Gives the connection back, on an I/O thread since closing may block.
  void release() {
    if (!open_) return;
    try {
      daemon_.with.io.post({}, [held = std::move(open_)](const may_block&) mutable { held.reset(); });
    } catch (const failure&) {
      // The daemon ends: it is closed here.
    }
    open_.reset();
  }

  std::shared_ptr<http_stream> stream();

  const rc::daemon& daemon_;
  const served_request wanted_;
  http_answer answer_;
  bool answered_ = false;
  job_context* job_ = nullptr;
  remote from_;
  stats_sink stats_;
  const char* doing_ = "failed to make Fs"; // for error texts
  std::string error_path_ = wanted_.rest;
  object_info info_;
  std::int64_t at_ = 0;    // in the object
  std::int64_t left_ = -1; // bytes to send; -1: to the end
  std::shared_ptr<open_object> open_;
  std::unique_ptr<serving_account> account_;
  bool active_ = true; // since the last look
  bool reading_ = false;
  bool done_ = false;
};

/// The end of the connection towards the client.
class served_stream final : public http_stream {
public:
  served_stream(std::shared_ptr<served_call> call, job_actor job) :
      call_(std::move(call)), job_(std::move(job)) {}
  ~served_stream() override { tell(job_, stop_atom_v); }

  void next(taker give) noexcept override {
    auto step = [call = call_, give = std::move(give)] { call->next(give); };
    tell(job_, resume_atom_v, continuation{std::make_shared<std::function<void()>>(std::move(step))});
  }

private:
  const std::shared_ptr<served_call> call_;
  const job_actor job_;
};

std::shared_ptr<http_stream> served_call::stream() {
  return std::make_shared<served_stream>(shared_from_this(), caf::actor_cast<job_actor>(job_->self()));
}

} // namespace

job_actor begin_served_call(const rc::daemon& d, job_request call, served_request wanted, http_answer answer,
                            std::function<void()> ended) {
  auto served = std::make_shared<served_call>(d, std::move(wanted), std::move(answer));
  auto at_end = [served, ended = std::move(ended)](job_status& status) {
    ended();
    served->ended(status);
  };
  return spawn_job(d.system, d.with, d.around, std::move(call), std::move(at_end),
                   [served](job_context& job) { served->begin(job); });
}

} // namespace argosy
