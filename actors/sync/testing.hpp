#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "actors/sync/sync.hpp"
#include "actors/transfers/compare.hpp"
#include "tests/fixtures/actor_test.hpp"

namespace argosy::testing {

using tree = std::map<std::string, std::string>; // path to content
inline constexpr nanoseconds then = 1'600'000'000'000'000'000;

/// Two storages and what one plan does with them.
class sync_fixture : public actor_test {
protected:
  void SetUp() override { group = spawn_stats_group(sys(), with(), "g"); }
  void TearDown() override {
    on_operation = nullptr; // what it refers to is gone with the test
    group = nullptr;
    from = to = {};
    beside = {};
    actor_test::TearDown();
  }
  /// Both sides, with connections up to `limit`, of a type: "local" or "memory".
  void use(const std::string& from_type, const std::string& to_type, std::size_t limit = 16) {
    from = remote_of(hooked(from_type, "from"), limit);
    to = remote_of(hooked(to_type, "to"), limit);
  }
  std::shared_ptr<const storage> hooked(const std::string& type, const std::string& name) {
    const auto plain = type == "local" ? make_storage(type, folder / name) : make_storage(type, name);
    return std::make_shared<hooked_storage>(
        plain,
        [this, name](const std::string& operation, const std::string& path) {
          const auto found = failures.find(name + " " + operation + " " + path);
          if (found != failures.end()) throw found->second;
          if (on_operation) on_operation(name + " " + operation, path);
        },
        0, copies_on_server);
  }
  void put(const remote& where, const std::string& path, const std::string& content = "x",
           nanoseconds modified = then) {
    on_io([&](const may_block& on) { put_object(on, *where.store->connect(on), path, content, modified); });
  }
  void put_all(const remote& where, const tree& files) {
    on_io([&](const may_block& on) {
      const auto session = where.store->connect(on);
      for (const auto& [path, content] : files) put_object(on, *session, path, content, then);
    });
  }
  void make_directory(const remote& where, const std::string& path) {
    on_io([&](const may_block& on) { where.store->connect(on)->make_directory(on, path); });
  }
  /// Files, and directories as paths that end in a slash.
  tree all(const remote& where) {
    const auto hooks = std::exchange(on_operation, {});
    tree found;
    on_io([&](const may_block& on) {
      const auto session = where.store->connect(on);
      walk(on, *session, "", found);
    });
    on_operation = hooks;
    return found;
  }
  nanoseconds modified(const remote& where, const std::string& path) {
    return on_io([&](const may_block& on) { return where.store->connect(on)->stat(on, path)->modified; });
  }

  std::shared_ptr<run_environment> environment() {
    const auto limits = limits_of(main, 0, stop);
    return std::make_shared<run_environment>(
        run_environment{with(), 7, from, to, std::make_shared<main_options>(main), policy_of(main),
                        comparison{from.store->info(), to.store->info(), main}.common_hash(), stop,
                        stats_sink{group, with().metrics.transfers()}, "from:", "to:", beside, limits});
  }
  /// Begins a plan; its result is appended to `results`.
  sync_actor begin(sync_order order) {
    return spawn_sync(sys(), environment(), std::move(order),
                      [this](const sync_result& r) { results.push_back(r); });
  }
  /// Runs a plan to its end and looks at its account.
  sync_result run(sync_kind kind) {
    sync_order order;
    order.kind = kind;
    return run(order);
  }
  sync_result run(const sync_order& order) {
    results.clear();
    begin(order);
    settle();
    EXPECT_EQ(results.size(), 1u) << "the plan told its end not once";
    if (results.empty()) return {};
    const auto r = results[0];
    EXPECT_EQ(r.found, r.copied + r.renamed + r.skipped + r.failed) << "a file is lost from the account";
    const auto s = figures();
    EXPECT_TRUE(s.transferring.empty());
    EXPECT_TRUE(s.checking.empty());
    EXPECT_EQ(s.total_transfers, s.transfers) << "something is queued for ever";
    EXPECT_EQ(s.total_checks, s.checks) << "a check is queued for ever";
    return r;
  }
  stats_snapshot figures() { return *ask<stats_snapshot>(group, caf::get_atom_v); }

  scratch_folder folder;
  remote from, to;
  side_remotes beside;
  bool copies_on_server = false; ///< of remotes made from now on
  main_options main;
  cancellation stop;
  stats_group_actor group;
  std::vector<sync_result> results;
  std::map<std::string, failure> failures; // by side, operation and path
  storage_hook on_operation;

private:
  static void walk(const may_block& on, session& session, const std::string& directory, tree& found) {
    for (const auto& name : names_in(on, session, directory)) {
      const auto path = directory.empty() ? name : directory + "/" + name;
      if (name.back() == '/') {
        found[path];
        walk(on, session, path.substr(0, path.size() - 1), found);
      } else {
        found[path] = read_object(on, session, path);
      }
    }
  }
};

} // namespace argosy::testing
