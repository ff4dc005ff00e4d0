#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/copy_object.hpp"
#include "backends/sized_sink.hpp"
#include "backends/testing.hpp"

// What a copy does when something breaks in the middle of it.
namespace argosy {
namespace {

using ::testing::ElementsAre;
using testing::failure_of;
using ::testing::IsEmpty;
using testing::noise;

/// Called before each step on a storage; what it throws fails the step. "read" and "write" tell the offset in
/// the object that the step begins at.
using fault = std::function<void(const std::string& step, std::int64_t offset)>;

/// Hands everything on to another storage, unless a fault comes between. Has no quick ways and no hashes of
/// its own.
class faulty_storage final : public storage {
public:
  faulty_storage(std::string name, std::shared_ptr<const storage> inner) :
      storage(inner->info()), inner_(std::move(inner)) {
    info_.name = std::move(name);
    info_.type = "faulty";
    info_.features.Copy = info_.features.Move = info_.features.IsLocal = false;
    before = [](const std::string&, std::int64_t) {};
  }
  storage_info& change() { return info_; }
  std::unique_ptr<session> connect(const may_block& on) const override;
  fault before;
  mutable std::atomic<std::int64_t> opened{0};

private:
  std::shared_ptr<const storage> inner_;
};

class faulty_session final : public session {
public:
  faulty_session(const faulty_storage& s, std::unique_ptr<session> inner) :
      session(s), own_(s), inner_(std::move(inner)) {}

  void list(const may_block& on, const std::string& directory, const page_sink& page) override {
    inner_->list(on, directory, page);
  }
  std::optional<object_info> stat(const may_block& on, const std::string& path) override {
    return inner_->stat(on, path);
  }
  std::unique_ptr<object_source> open(const may_block& on, const std::string& path, std::int64_t offset,
                                      std::int64_t length) override {
    ++own_.opened;
    own_.before("open", offset);
    return std::make_unique<source>(own_, inner_->open(on, path, offset, length), offset);
  }
  std::unique_ptr<object_sink> create(const may_block& on, const put_request& request) override {
    own_.before("create", request.size);
    return std::make_unique<sink>(own_, inner_->create(on, request));
  }
  std::unique_ptr<chunked_object> create_chunked(const may_block& on, const put_request& request,
                                                 std::int64_t chunk_size) override {
    own_.before("create_chunked", 0);
    return std::make_unique<chunks>(own_, inner_->create_chunked(on, request, chunk_size));
  }
  void remove(const may_block& on, const std::string& path) override { inner_->remove(on, path); }
  void make_directory(const may_block& on, const std::string& path) override {
    inner_->make_directory(on, path);
  }
  void remove_directory(const may_block& on, const std::string& path) override {
    inner_->remove_directory(on, path);
  }
  void set_modified(const may_block& on, const std::string& path, nanoseconds modified) override {
    inner_->set_modified(on, path, modified);
  }
  std::string hash(const may_block& on, const std::string& path, hash_type type) override {
    return inner_->hash(on, path, type);
  }

private:
  struct source final : object_source {
    source(const faulty_storage& of, std::unique_ptr<object_source> i, std::int64_t offset) :
        own(of), inner(std::move(i)), at(offset) {}
    std::size_t read(const may_block& on, char* data, std::size_t size) override {
      own.before("read", at);
      const auto got = inner->read(on, data, std::min<std::size_t>(size, 1000));
      at += static_cast<std::int64_t>(got);
      return got;
    }
    const faulty_storage& own;
    std::unique_ptr<object_source> inner;
    std::int64_t at;
  };
  struct sink final : object_sink {
    sink(const faulty_storage& of, std::unique_ptr<object_sink> i) : own(of), inner(std::move(i)) {}
    void write(const may_block& on, const char* data, std::size_t size) override {
      own.before("write", at);
      inner->write(on, data, size);
      at += static_cast<std::int64_t>(size);
    }
    put_result commit(const may_block& on, const std::function<void(const put_result&)>& verify) override {
      own.before("commit", at);
      return inner->commit(on, verify);
    }
    const faulty_storage& own;
    std::unique_ptr<object_sink> inner;
    std::int64_t at = 0;
  };
  struct chunk final : chunk_sink {
    chunk(const faulty_storage& of, std::unique_ptr<chunk_sink> i, std::int64_t offset) :
        own(of), inner(std::move(i)), at(offset) {}
    void write(const may_block& on, const char* data, std::size_t size) override {
      own.before("write", at);
      inner->write(on, data, size);
      at += static_cast<std::int64_t>(size);
    }
    void finish(const may_block& on) override {
      own.before("finish", at);
      inner->finish(on);
    }
    const faulty_storage& own;
    std::unique_ptr<chunk_sink> inner;
    std::int64_t at;
  };
  struct chunks final : chunked_object {
    chunks(const faulty_storage& of, std::unique_ptr<chunked_object> i) :
        chunked_object(i->chunk_size()), own(of), inner(std::move(i)) {}
    std::unique_ptr<chunk_sink> open(const may_block& on, session& by, const chunk_range& range) override {
      own.before("chunk", range.offset);
      return std::make_unique<chunk>(own, inner->open(on, by, range), range.offset);
    }
    put_result commit(const may_block& on, session& by,
                      const std::function<void(const put_result&)>& verify) override {
      own.before("commit", 0);
      return inner->commit(on, by, verify);
    }
    void abandon(const may_block& on, session& by) noexcept override {
      own.before("abandon", on.cancelled() ? 1 : 0);
      inner->abandon(on, by);
    }
    const faulty_storage& own;
    std::unique_ptr<chunked_object> inner;
  };

  const faulty_storage& own_;
  std::unique_ptr<session> inner_;
};

std::unique_ptr<session> faulty_storage::connect(const may_block& on) const {
  return std::make_unique<faulty_session>(*this, inner_->connect(on));
}

/// Fails a step so often with a network that broke.
fault breaks(const std::string& step, std::int64_t from_offset, int times) {
  return [=, left = std::make_shared<std::atomic<int>>(times)](const std::string& now, std::int64_t offset) {
    if (now == step && offset >= from_offset && (*left)-- > 0)
      fail(failure_kind::retryable, "connection reset by peer");
  };
}

class bytes_told final : public progress_listener {
public:
  void bytes(std::uint64_t count) noexcept override { sum += count; }
  std::atomic<std::uint64_t> sum{0};
};

class CopyFaults : public ::testing::Test {
protected:
  CopyFaults() {
    policy.retry_pause = 0;
    policy.low_level_retries = 4;
    bench.run([&](const may_block& on) {
      const auto to_fill = bench.make("memory", "from").made;
      testing::put_object(on, *to_fill->connect(on), "x", content);
    });
  }
  failure_info copy(cancellation stop = {}) {
    return failure_of([&] {
      bench.run(
          [&](const may_block& on) {
            const auto source = from->connect(on), target = to->connect(on);
            std::vector<std::unique_ptr<session>> more;
            copy_crew crew;
            if (hands > 0) crew.pool = &bench.io;
            for (std::size_t i = 0; i < hands; ++i) {
              more.push_back(from->connect(on));
              more.push_back(to->connect(on));
              crew.hands.push_back({more[2 * i].get(), more[2 * i + 1].get()});
            }
            copy_object(on, *source, *target, {"x", "x", size, 5}, policy, crew);
          },
          {std::move(stop), nullptr, &told});
    });
  }
  std::string copied() {
    return bench.run([&](const may_block& on) {
      const auto there = to->connect(on);
      return there->stat(on, "x") ? testing::read_object(on, *there, "x") : std::string{"nothing"};
    });
  }

  const std::string content = noise(10'000);
  std::int64_t size = 10'000;
  std::size_t hands = 0;
  testing::bench_of_storages bench;
  testing::scratch_folder folder;
  copy_policy policy;
  bytes_told told;
  std::shared_ptr<faulty_storage> from =
      std::make_shared<faulty_storage>("from", bench.make("memory", "from").made);
  std::shared_ptr<faulty_storage> to =
      std::make_shared<faulty_storage>("to", bench.make("local", folder / "to").made);
};

TEST_F(CopyFaults, AReadingThatBreaksGoesOnWhereItStopped) {
  std::set<std::int64_t> opened_at;
  const auto broken = breaks("read", 4000, 2);
  from->before = [&](const std::string& step, std::int64_t offset) {
    if (step == "open") opened_at.insert(offset);
    broken(step, offset);
  };

  EXPECT_EQ(copy().text, "");

  EXPECT_TRUE(copied() == content);
  EXPECT_THAT(opened_at, ElementsAre(0, 4000));
  EXPECT_EQ(told.sum, 10'000U);
}

TEST_F(CopyFaults, AWritingThatBreaksBeginsAgainAndCountsItsBytesOnce) {
  to->before = breaks("write", 6000, 2);

  EXPECT_EQ(copy().text, "");

  EXPECT_TRUE(copied() == content);
  EXPECT_EQ(from->opened, 3);
  EXPECT_EQ(told.sum, 10'000U);
}

TEST_F(CopyFaults, WhatGoesOnBreakingFailsAfterTheAttemptsOfTheOptions) {
  from->before = breaks("read", 4000, 1000);

  const auto why = copy();

  EXPECT_EQ(why.text, "connection reset by peer");
  EXPECT_EQ(why.kind, failure_kind::retryable);
  EXPECT_EQ(from->opened, 4);
  EXPECT_EQ(copied(), "nothing");
  EXPECT_THAT(testing::tree_of(folder.path()), ElementsAre("to/"));
}

TEST_F(CopyFaults, OneAttemptMeansNone) {
  policy.low_level_retries = 1;
  from->before = breaks("open", 0, 1);

  EXPECT_EQ(copy().text, "failed to open source object: connection reset by peer");
}

TEST_F(CopyFaults, WhatNoAttemptCanMendIsNotTriedAgain) {
  for (const auto kind : {failure_kind::permission_denied, failure_kind::no_retry, failure_kind::fatal,
                          failure_kind::object_not_found, failure_kind::other}) {
    from->opened = 0;
    from->before = [kind](const std::string& step, std::int64_t) {
      if (step == "read") fail(kind, "no use");
    };

    EXPECT_EQ(copy().kind, kind);
    EXPECT_EQ(from->opened, 1);
  }
}

TEST_F(CopyFaults, ACorruptionIsNotTriedAgain) {
  to->before = [](const std::string& step, std::int64_t) {
    if (step == "commit") throw corruption("corrupted on transfer: sizes differ");
  };

  EXPECT_EQ(copy().text, "corrupted on transfer: sizes differ");
  EXPECT_EQ(from->opened, 1);
}

TEST_F(CopyFaults, ACancellationEndsTheWaitForTheNextAttempt) {
  policy.retry_pause = 3'600'000'000'000;
  const cancellation stop;
  from->before = [stop](const std::string& step, std::int64_t offset) {
    if (step != "read" || offset < 4000) return;
    stop.cancel();
    fail(failure_kind::retryable, "connection reset by peer");
  };

  EXPECT_EQ(copy(stop).kind, failure_kind::cancelled);
  EXPECT_THAT(testing::tree_of(folder.path()), ElementsAre("to/"));
}

// -- in chunks
// ------------------------------------------------------------------------------------------------------------

class ChunkFaults : public CopyFaults {
protected:
  ChunkFaults() {
    hands = 3;
    policy.multi_thread_cutoff = 5000;
    policy.multi_thread_chunk_size = 1500;
  }
};

TEST_F(ChunkFaults, ALargeObjectIsCopiedInChunks) {
  std::mutex mutex;
  std::multiset<std::int64_t> chunks;
  std::set<std::thread::id> threads;
  to->before = [&](const std::string& step, std::int64_t offset) {
    if (step != "chunk") return;
    std::lock_guard lock{mutex};
    chunks.insert(offset);
    threads.insert(std::this_thread::get_id());
  };

  EXPECT_EQ(copy().text, "");

  EXPECT_TRUE(copied() == content);
  EXPECT_THAT(chunks, ElementsAre(0, 1500, 3000, 4500, 6000, 7500, 9000));
  EXPECT_LE(threads.size(), 4U);
  EXPECT_EQ(told.sum, 10'000U);
}

TEST_F(ChunkFaults, WithoutACrewItIsStreamed) {
  hands = 0;
  to->before = [](const std::string& step, std::int64_t) { ASSERT_NE(step, "chunk"); };

  EXPECT_EQ(copy().text, "");
  EXPECT_TRUE(copied() == content);
}

TEST_F(ChunkFaults, OnlyTheChunkThatBrokeIsCopiedAgain) {
  std::mutex mutex;
  std::multiset<std::int64_t> chunks;
  const auto broken = breaks("write", 4500, 1);
  to->before = [&](const std::string& step, std::int64_t offset) {
    if (step == "chunk") {
      std::lock_guard lock{mutex};
      chunks.insert(offset);
    }
    broken(step, offset);
  };

  EXPECT_EQ(copy().text, "");

  EXPECT_TRUE(copied() == content);
  EXPECT_EQ(chunks.size(), 8U);
  EXPECT_EQ(told.sum, 10'000U);
}

TEST_F(ChunkFaults, AReadingThatBreaksGoesOnWhereItStopped) {
  from->before = breaks("read", 5500, 2);

  EXPECT_EQ(copy().text, "");

  EXPECT_TRUE(copied() == content);
  EXPECT_EQ(from->opened, 9);
}

TEST_F(ChunkFaults, OneThatCannotBeCopiedEndsAllAndLeavesNothing) {
  std::atomic<int> abandoned{0};
  to->before = [&](const std::string& step, std::int64_t offset) {
    if (step == "abandon") ++abandoned;
    if (step == "finish" && offset == 6000) fail(failure_kind::permission_denied, "quota exceeded");
  };

  EXPECT_EQ(copy().text, "multi-thread copy: quota exceeded");

  EXPECT_EQ(abandoned, 1);
  EXPECT_THAT(testing::tree_of(folder.path()), ElementsAre("to/"));
}

TEST_F(ChunkFaults, WhatACancelledCopyWroteIsCleanedUpNevertheless) {
  const cancellation stop;
  std::atomic<int> with_a_cancelled_scope{-1};
  to->before = [&](const std::string& step, std::int64_t offset) {
    if (step == "chunk" && offset == 3000) stop.cancel();
    if (step == "abandon") with_a_cancelled_scope = static_cast<int>(offset);
  };

  EXPECT_EQ(copy(stop).text, "context canceled");

  EXPECT_EQ(with_a_cancelled_scope, 0);
  EXPECT_THAT(testing::tree_of(folder.path()), ElementsAre("to/"));
}

TEST_F(ChunkFaults, ASourceThatIsShorterThanListedIsAnError) {
  size = 12'000;

  EXPECT_THAT(copy().text, ::testing::StartsWith("multi-thread copy: the source ends "));
  EXPECT_EQ(copied(), "nothing");
}

TEST(WantedHands, AreForLargeObjectsBetweenStoragesThatCan) {
  storage_info from, to;
  copy_policy policy;
  to.features.OpenWriterAt = true;
  constexpr std::int64_t mebibyte = 1 << 20;

  EXPECT_EQ(wanted_hands(from, to, 256 * mebibyte, policy), 3U);
  EXPECT_EQ(wanted_hands(from, to, 256 * mebibyte - 1, policy), 0U);
  EXPECT_EQ(wanted_hands(from, to, -1, policy), 0U);
  policy.multi_thread_chunk_size = 128 * mebibyte;
  EXPECT_EQ(wanted_hands(from, to, 256 * mebibyte, policy), 1U);
  policy.multi_thread_streams = 1;
  EXPECT_EQ(wanted_hands(from, to, 256 * mebibyte, policy), 0U);
  policy.multi_thread_streams = 8;
  from.features.IsLocal = to.features.IsLocal = true;
  EXPECT_EQ(wanted_hands(from, to, 1024 * mebibyte, policy), 0U);
  policy.multi_thread_set = true;
  EXPECT_EQ(wanted_hands(from, to, 1024 * mebibyte, policy), 7U);
  from.features.NoMultiThreading = true;
  EXPECT_EQ(wanted_hands(from, to, 1024 * mebibyte, policy), 0U);
  from.features.NoMultiThreading = false;
  to.features.OpenWriterAt = false;
  EXPECT_EQ(wanted_hands(from, to, 1024 * mebibyte, policy), 0U);
  to.features.OpenChunkWriter = true;
  EXPECT_EQ(wanted_hands(from, to, 1024 * mebibyte, policy), 7U);
}

// -- of unknown size
// ------------------------------------------------------------------------------------------------------------

class UnknownSize : public CopyFaults {
protected:
  UnknownSize() {
    size = -1;
    to->before = [this](const std::string& step, std::int64_t bytes) {
      if (step == "create") sizes.push_back(bytes);
    };
  }
  static put_request of_unknown_size(const std::string& path) {
    put_request request;
    request.path = path;
    return request;
  }
  std::vector<std::int64_t> sizes; // with which objects were begun
};

TEST_F(UnknownSize, UpToTheCutoffIsStoredWithItsSize) {
  policy.streaming_upload_cutoff = 10'000;

  EXPECT_EQ(copy().text, "");
  EXPECT_TRUE(copied() == content);
  EXPECT_THAT(sizes, ElementsAre(10'000));
}

TEST_F(UnknownSize, AboveItIsStreamed) {
  policy.streaming_upload_cutoff = 9'999;

  EXPECT_EQ(copy().text, "");
  EXPECT_TRUE(copied() == content);
  EXPECT_THAT(sizes, ElementsAre(-1));
}

TEST_F(UnknownSize, AboveItIsSpooledWhereTheStorageCannotStream) {
  policy.streaming_upload_cutoff = 9'999;
  to->change().features.PutStream = false;

  EXPECT_EQ(copy().text, "");
  EXPECT_TRUE(copied() == content);
  EXPECT_THAT(sizes, ElementsAre(10'000));
}

TEST_F(UnknownSize, NothingIsAnObjectWithoutBytes) {
  bench.run([&](const may_block& on) {
    const auto there = to->connect(on);
    create_of_any_size(on, *there, of_unknown_size("empty"), 10)->commit(on, {});

    EXPECT_EQ(there->stat(on, "empty")->size, 0);
  });
  EXPECT_THAT(sizes, ElementsAre(0));
}

TEST_F(UnknownSize, WhatIsNotCommittedLeavesNothing) {
  to->change().features.PutStream = false;
  bench.run([&](const may_block& on) {
    const auto there = to->connect(on);
    create_of_any_size(on, *there, of_unknown_size("x"), 10)->write(on, "more than ten bytes", 19);
  });

  EXPECT_THAT(sizes, IsEmpty());
  EXPECT_EQ(bench.book.live(resource::descriptor), 0U);
}

} // namespace
} // namespace argosy
