#include "backends/copy_object.hpp"

#include <functional>

#include <gtest/gtest.h>

#include "backends/costly_times.hpp"
#include "backends/hashing_sink.hpp"

#include "backends/testing.hpp"

namespace argosy {
namespace {

using testing::failure_of;

// A storage whose sessions do what a test says.
struct scripted_storage final : storage, has_costly_times {
  explicit scripted_storage(std::string name) : storage({}) {
    info_.type = "scripted";
    info_.name = std::move(name);
    info_.description = "Scripted " + info_.name;
    info_.hashes = hash_type::md5;
  }
  storage_info& change() { return info_; }
  std::unique_ptr<session> connect(const may_block&) const override;
  bool times_cost_requests() const noexcept override { return costly_times; }
  bool costly_times = false;
  nanoseconds modified = 0;        // found out by stat()
  bool sink_hashes = false;        // itself
  mutable std::string asked_order; // "open", "stat"
  std::string content = "content";
  std::string stored_hash;  // what the source has on record
  std::string written_hash; // told by commit
  std::int64_t written_size = 7;
  mutable bool committed = false;
  mutable bool removed = false;
  mutable put_request asked;
};

struct scripted_session final : session {
  explicit scripted_session(const scripted_storage& s) : session(s), own(s) {}
  struct source final : object_source {
    explicit source(std::string t) : text(std::move(t)) {}
    std::size_t read(const may_block&, char* data, std::size_t size) override {
      const auto n = text.copy(data, std::min<std::size_t>(size, 3));
      text.erase(0, n);
      return n;
    }
    std::string text;
  };
  struct sink final : object_sink {
    explicit sink(const scripted_storage& s) : own(s) {}
    void write(const may_block&, const char*, std::size_t) override {}
    put_result commit(const may_block&, const std::function<void(const put_result&)>& verify) override {
      put_result r;
      r.info.size = own.written_size;
      r.hashes[hash_type::md5] = own.written_hash;
      verify(r);
      own.committed = true;
      return r;
    }
    const scripted_storage& own;
  };
  struct self_hashing_sink final : object_sink, hashing_sink {
    explicit self_hashing_sink(const scripted_storage& s) : plain(s) {}
    void write(const may_block&, const char*, std::size_t) override {}
    put_result commit(const may_block& on, const std::function<void(const put_result&)>& verify) override {
      return plain.commit(on, verify);
    }
    sink plain;
  };
  void list(const may_block&, const std::string&, const page_sink&) override {}
  std::optional<object_info> stat(const may_block&, const std::string&) override {
    own.asked_order += "stat ";
    if (!own.costly_times) return std::nullopt;
    object_info info;
    info.modified = own.modified;
    return info;
  }
  std::unique_ptr<object_source> open(const may_block&, const std::string&, std::int64_t,
                                      std::int64_t) override {
    own.asked_order += "open ";
    return std::make_unique<source>(own.content);
  }
  std::unique_ptr<object_sink> create(const may_block&, const put_request& request) override {
    own.asked = request;
    if (own.sink_hashes) return std::make_unique<self_hashing_sink>(own);
    return std::make_unique<sink>(own);
  }
  void remove(const may_block&, const std::string&) override { own.removed = true; }
  void make_directory(const may_block&, const std::string&) override {}
  void remove_directory(const may_block&, const std::string&) override {}
  void set_modified(const may_block&, const std::string&, nanoseconds) override {}
  std::string hash(const may_block&, const std::string&, hash_type) override { return own.stored_hash; }
  bool move_from(const may_block&, session&, const std::string&, const std::string&) override { return true; }
  const scripted_storage& own;
};

std::unique_ptr<session> scripted_storage::connect(const may_block&) const {
  return std::make_unique<scripted_session>(*this);
}

constexpr auto md5_of_content = "9a0364b9e99bb480dd25e1f0284c8555";

class CopyObject : public ::testing::Test {
protected:
  CopyObject() { b->written_hash = md5_of_content; }
  failure_info copy(copy_policy policy = {}) {
    return failure_of([&] {
      bench.run([&](const may_block& on) {
        copy_object(on, *a->connect(on), *b->connect(on), {"f", "g", 7, 5}, policy);
      });
    });
  }
  testing::bench_of_storages bench;
  std::shared_ptr<scripted_storage> a = std::make_shared<scripted_storage>("a");
  std::shared_ptr<scripted_storage> b = std::make_shared<scripted_storage>("b");
};

TEST_F(CopyObject, CommitsWhatAgrees) {
  EXPECT_EQ(copy().text, "");
  EXPECT_TRUE(b->committed);
  EXPECT_EQ(b->asked.path, "g");
  EXPECT_EQ(b->asked.size, 7);
  EXPECT_EQ(b->asked.modified, 5);
}

TEST_F(CopyObject, ADifferentSizeIsCorruption) {
  b->written_size = 6;

  EXPECT_EQ(copy().text, "corrupted on transfer: sizes differ src(Scripted a) 7 vs dst(Scripted b) 6");
  EXPECT_FALSE(b->committed);
}

TEST_F(CopyObject, IgnoringSizesAcceptsIt) {
  b->written_size = 6;
  copy_policy policy;
  policy.verify_size = false;

  EXPECT_EQ(copy(policy).text, "");
  EXPECT_TRUE(b->committed);
}

TEST_F(CopyObject, ADifferentHashIsCorruption) {
  b->written_hash = "beef";

  EXPECT_EQ(copy().text, std::string{"corrupted on transfer: md5 hashes differ src(Scripted a) \""} +
                             md5_of_content + "\" vs dst(Scripted b) \"beef\"");
  EXPECT_FALSE(b->committed);
}

TEST_F(CopyObject, TheRecordOfTheSourceIsBelievedMoreThanItsBytes) {
  a->stored_hash = "feed";

  EXPECT_EQ(copy().text, std::string{"corrupted on transfer: md5 hashes differ src(Scripted a) \"feed\" vs "
                                     "dst(Scripted b) \""} +
                             md5_of_content + "\"");
}

TEST_F(CopyObject, ASlowHashIsComputedFromWhatIsReadAnyway) {
  a->stored_hash = "feed";
  a->change().features.SlowHash = true;

  EXPECT_EQ(copy().text, "");
}

TEST_F(CopyObject, ASinkThatHashesItselfIsBelieved) {
  a->change().features.SlowHash = true;
  b->sink_hashes = true;
  b->written_hash = "beef";

  EXPECT_EQ(copy().text, "");
  EXPECT_FALSE(b->asked.hashes.empty());
}

TEST_F(CopyObject, ASinkThatHashesItselfIsComparedWithTheRecordOfTheSource) {
  a->stored_hash = "feed";
  b->sink_hashes = true;
  b->written_hash = "beef";

  EXPECT_EQ(copy().text, "corrupted on transfer: md5 hashes differ src(Scripted a) \"feed\" vs "
                         "dst(Scripted b) \"beef\"");
}

TEST_F(CopyObject, ATimeThatCostsARequestIsKnownWhenTheSourceIsOpen) {
  a->costly_times = true;
  a->modified = 77;

  EXPECT_EQ(copy().text, "");

  EXPECT_EQ(b->asked.modified, 77);
  EXPECT_EQ(a->asked_order, "open stat ");
}

TEST_F(CopyObject, ATimeThatTheListingHasIsNotAskedFor) {
  a->modified = 77;

  EXPECT_EQ(copy().text, "");

  EXPECT_EQ(b->asked.modified, 5);
  EXPECT_EQ(a->asked_order, "open ");
}

TEST_F(CopyObject, BytesAreNotComparedWithThemselves) {
  a->change().features.SlowHash = b->change().features.IsLocal = true;

  EXPECT_EQ(copy().text, "");
  EXPECT_TRUE(b->asked.hashes.empty());
}

TEST_F(CopyObject, ARecordedHashIsComparedWithWhatALocalDiskWasGiven) {
  a->stored_hash = "feed";
  b->change().features.IsLocal = true;

  EXPECT_NE(copy().text, "");
}

TEST_F(CopyObject, WithoutACommonHashOnlySizesCount) {
  b->written_hash = "beef";
  b->change().hashes = hash_type::sha1;

  EXPECT_EQ(copy().text, "");
}

TEST_F(CopyObject, IgnoringChecksumsAsksForNone) {
  b->written_hash = "beef";
  copy_policy policy;
  policy.verify_checksum = false;

  EXPECT_EQ(copy(policy).text, "");
  EXPECT_TRUE(b->asked.hashes.empty());
}

TEST_F(CopyObject, AMoveBetweenRemotesCopiesAndRemoves) {
  a->change().features.Move = b->change().features.Move = true;

  EXPECT_FALSE(bench.run([&](const may_block& on) {
    return move_object(on, *a->connect(on), *b->connect(on), {"f", "g", 7, 5}, {});
  }));
  EXPECT_TRUE(b->committed);
  EXPECT_TRUE(a->removed);
}

TEST_F(CopyObject, AMoveWhoseCopyFailsKeepsTheSource) {
  b->written_size = 6;

  EXPECT_NE(failure_of([&] {
              bench.run([&](const may_block& on) {
                move_object(on, *a->connect(on), *b->connect(on), {"f", "g", 7, 5}, {});
              });
            }).text,
            "");
  EXPECT_FALSE(a->removed);
}

TEST_F(CopyObject, AMoveWithinARemoteIsARename) {
  b->change().features.Move = true;

  EXPECT_TRUE(bench.run([&](const may_block& on) {
    return move_object(on, *b->connect(on), *b->connect(on), {"f", "g", 7, 5}, {});
  }));
  EXPECT_FALSE(b->committed);
  EXPECT_FALSE(b->removed);
}

} // namespace
} // namespace argosy
