#include "actors/cluster/cluster_disks.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include "backends/node/node_storage.hpp"
#include "backends/testing.hpp"
#include "metrics/cluster_probe.hpp"

// Two nodes within the process: two gates, and all that a disk of another node needs between storage and
// disk.
namespace argosy {
namespace {

using namespace argosy::testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto limit = 30s; // until something must have happened

struct caf_config : caf::actor_system_config {
  caf_config() {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{2});
  }
};

template <class Condition>
bool comes_true(Condition condition) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

class node {
public:
  node(std::string name, std::uint64_t incarnation, std::vector<disk_export> offered) :
      name_(std::move(name)), incarnation_(incarnation) {
    gate::settings given;
    given.listen = "127.0.0.1:0";
    given.secret = "a secret of the cluster";
    door_.emplace(std::move(given), bench.book, probe_);
    disks = std::make_shared<cluster_disks>(*system_, with_, *door_, name_, incarnation_,
                                            disk_exports{std::move(offered)});
    door_->begin({[this](const gate::visit& visit) {
                    if (!disks->receive(visit)) visit.answer(false, "nobody");
                  },
                  {},
                  {}});
    join_cluster(bench.table, disks);
  }
  ~node() { end(); }
  void end() {
    if (!door_) return;
    disks->leave_door();
    door_.reset();
    disks->close();
  }
  void meets(const node& other) { disks->up(other.name_, other.incarnation_, other.door_->address()); }
  /// The book has nothing of that kind any more.
  bool is_rid_of(resource what, const std::string& kind) {
    return comes_true([&] {
      const auto all = bench.book.records(what);
      return std::none_of(all.begin(), all.end(), [&](const auto& one) { return one.kind == kind; });
    });
  }

  bench_of_storages bench;

private:
  const std::string name_;
  const std::uint64_t incarnation_;
  prometheus::Registry registry_;
  cluster_probe probe_{registry_};
  scratch_folder spilled_;
  spill_store spill_{{spilled_.path()}};
  settings options_{main_options{}};
  rate_limiter upload_, download_;
  services with_{bench.book, bench.metrics, bench.io,  bench.log, options_,
                 upload_,    download_,     bench.net, spill_,    "execute-id"};
  caf_config config_;
  std::optional<caf::actor_system> system_{std::in_place, config_};
  std::optional<gate> door_;

public:
  std::shared_ptr<cluster_disks> disks;
};

class ClusterDisks : public ::testing::Test {
protected:
  void SetUp() override {
    one.meets(two);
    two.meets(one);
  }
  made_storage make(const std::string& path) { return one.bench.make("node", path, {{"name", "eu2"}}); }
  template <class Work>
  void with(const std::string& path, Work work) {
    const auto made = make(path).made;
    one.bench.run([&](const may_block& on) {
      const auto s = made->connect(on);
      work(on, *s);
    });
  }

  scratch_folder folder;
  node one{"eu1", 1, {}};
  node two{"eu2", 2, {{folder.path(), true}}};
};

TEST_F(ClusterDisks, ContentGoesAndComesBack) {
  const auto content = noise(5'000'001);

  with(folder / "in", [&](const may_block& on, session& s) {
    put_object(on, s, "d/x", content);
    EXPECT_TRUE(read_object(on, s, "d/x") == content);
    EXPECT_THAT(names_in(on, s, "d"), ElementsAre("x"));
    EXPECT_EQ(two.bench.book.records(resource::connection).empty(), false);
  });

  EXPECT_TRUE(read_file(folder / "in/d/x") == content);
  EXPECT_TRUE(two.is_rid_of(resource::connection, "disk visitor"));
  EXPECT_TRUE(two.is_rid_of(resource::actor, "disk_visitor"));
}

TEST_F(ClusterDisks, ANodeThatIsLostEndsAllWaitingAndIsNamed) {
  with(folder.path(), [&](const may_block& on, session& s) {
    put_request request;
    request.path = "x";
    const auto sink = s.create(on, request);
    sink->write(on, "begun", 5);
    one.disks->down("eu2");

    const auto f = failure_of([&] { sink->commit(on, {}); });
    EXPECT_EQ(f.kind, failure_kind::retryable);
    EXPECT_EQ(f.text, "node \"eu2\": the node is lost");
    const auto again = failure_of([&] { s.stat(on, "x"); });
    EXPECT_EQ(again.kind, failure_kind::retryable);
    EXPECT_EQ(again.text, "node \"eu2\" is not up");
  });

  EXPECT_TRUE(two.is_rid_of(resource::temporary_file, "partial file"));
  EXPECT_TRUE(tree_of(folder.path()).empty());
}

TEST_F(ClusterDisks, ANodeThatForgetsUsEndsTheSession) {
  with(folder.path(), [&](const may_block& on, session& s) {
    put_object(on, s, "x", "1");
    two.disks->down("eu1");
    EXPECT_TRUE(comes_true([&] { return s.closed_by_peer(); }));

    EXPECT_THAT(failure_of([&] { s.stat(on, "x"); }).text, HasSubstr("does not know this node as a member"));
  });
}

TEST_F(ClusterDisks, ANodeThatEndsSaysSo) {
  with(folder.path(), [&](const may_block& on, session& s) {
    put_object(on, s, "x", "1");
    two.end();
    EXPECT_TRUE(comes_true([&] { return s.closed_by_peer(); }));

    EXPECT_THAT(failure_of([&] { s.stat(on, "x"); }).text, HasSubstr("node \"eu2\": failed to connect"));
  });
}

TEST_F(ClusterDisks, AnotherProcessOfThatNameIsNoMember) {
  two.disks->up("eu1", 77, "127.0.0.1:1");

  EXPECT_THAT(failure_of([&] { make(folder.path()); }).text,
              HasSubstr("does not know this node as a member"));
}

TEST_F(ClusterDisks, WhoExportsNothingSaysSo) {
  const auto f = failure_of([&] { two.bench.make("node", folder.path(), {{"name", "eu1"}}); });

  EXPECT_THAT(f.text, HasSubstr("it exports nothing (--cluster-export)"));
}

TEST_F(ClusterDisks, AnUnknownNodeIsNoMatterOfTrying) {
  const auto f = failure_of([&] { one.bench.make("node", folder.path(), {{"name", "eu3"}}); });

  EXPECT_EQ(f.kind, failure_kind::other);
  EXPECT_THAT(f.text, HasSubstr("no node \"eu3\" is known"));
}

} // namespace
} // namespace argosy
