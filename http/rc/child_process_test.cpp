#include "http/rc/child_process.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <gtest/gtest.h>
#include <stdexcept>
#include <sys/stat.h>

#include "backends/run_and_wait.hpp"
#include "core/failure.hpp"

namespace argosy::rc {
namespace {

/// A named pipe in a folder of its own.
struct fifo {
  std::string folder = testing::TempDir() + "child_process_XXXXXX";
  std::string path;
  fifo() {
    if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path = folder + "/gate";
    if (::mkfifo(path.c_str(), 0600) != 0) throw std::runtime_error("no named pipe");
  }
  ~fifo() { std::filesystem::remove_all(folder); }
};

struct child_process : testing::Test {
  ledger book;
  io_pool pool{book, {}};

  child_result run(const std::string& script, child_output wanted = child_output::both,
                   std::size_t most = 1 << 20) {
    return run_and_wait(pool, [&](const may_block& on) {
      return run_child(on, {"/bin/sh", "-c", script}, wanted, most, 7);
    });
  }
};

TEST_F(child_process, both_outputs_come_in_the_order_of_writing) {
  const auto result = run("echo one; echo two >&2; echo three");
  EXPECT_EQ(result.output, "one\ntwo\nthree\n");
  EXPECT_EQ(result.error, "");
  EXPECT_FALSE(result.cut);
}

TEST_F(child_process, one_output_can_be_had_alone) {
  EXPECT_EQ(run("echo one; echo two >&2", child_output::standard_output).output, "one\n");
  EXPECT_EQ(run("echo one; echo two >&2", child_output::standard_error).output, "two\n");
}

TEST_F(child_process, failing_is_worded_as_go_words_it) {
  EXPECT_EQ(run("exit 3").error, "exit status 3");
  EXPECT_EQ(run("kill -KILL $$").error, "signal: killed");
}

TEST_F(child_process, too_much_output_is_cut_and_the_child_still_ends) {
  const auto result = run("head -c 1000000 /dev/zero; echo end >&2", child_output::both, 1000);
  EXPECT_EQ(result.output, std::string(1000, '\0'));
  EXPECT_TRUE(result.cut);
  EXPECT_EQ(result.error, "");
}

TEST_F(child_process, output_is_told_while_it_runs) {
  // It goes on only when its first line was told.
  const fifo gate;
  std::string output;
  const auto end = run_and_wait(pool, [&](const may_block& on) {
    const auto open_gate = [&](std::string_view bytes) {
      if (output.empty()) std::ofstream{gate.path};
      output += bytes;
    };
    return stream_child(on, {"/bin/sh", "-c", "echo first; cat < " + gate.path + "; echo last"},
                        child_output::both, open_gate, 7);
  });
  EXPECT_EQ(end, "");
  EXPECT_EQ(output, "first\nlast\n");
}

TEST_F(child_process, more_output_than_a_pipe_holds_comes_whole) {
  EXPECT_EQ(run("head -c 1000000 /dev/zero").output, std::string(1000000, '\0'));
}

TEST_F(child_process, it_is_killed_when_nobody_wants_its_output) {
  const auto refuse = [](std::string_view) { fail(failure_kind::other, "enough"); };
  EXPECT_THROW(run_and_wait(pool,
                            [&](const may_block& on) {
                              return stream_child(on, {"/bin/sh", "-c", "echo x; exec sleep 300"},
                                                  child_output::both, refuse, 7);
                            }),
               failure);
  EXPECT_EQ(book.live(resource::child), 0u);
}

TEST_F(child_process, the_standard_input_is_empty) { EXPECT_EQ(run("cat; echo done").output, "done\n"); }

TEST_F(child_process, it_gets_none_of_our_descriptors) {
  // 0, 1, 2 and the one that ls itself reads the folder with.
  EXPECT_EQ(run("exec ls /proc/self/fd").output, "0\n1\n2\n3\n");
}

TEST_F(child_process, a_grandchild_that_keeps_the_output_does_not_hold_us_up) {
  // It holds our pipe until this test lets it go.
  const fifo gate;
  EXPECT_EQ(run("cat < " + gate.path + " & echo started").output, "started\n");
  std::ofstream{gate.path};
}

TEST_F(child_process, a_program_that_is_not_there_is_named) {
  try {
    run_and_wait(pool, [](const may_block& on) {
      return run_child(on, {"/no/such/program"}, child_output::both, 100, 7);
    });
    FAIL() << "it was started";
  } catch (const failure& f) {
    EXPECT_STREQ(f.what(), "fork/exec /no/such/program: no such file or directory");
  }
}

TEST_F(child_process, cancelling_kills_it_and_what_it_started) {
  const fifo gate;
  cancellation stop;
  auto ended = std::async(std::launch::async, [&] {
    return run_and_wait(
        pool,
        [&](const may_block& on) {
          const auto script = "(echo ready; exec sleep 300) > " + gate.path + " & wait";
          try {
            run_child(on, {"/bin/sh", "-c", script}, child_output::both, 100, 7);
          } catch (const failure& f) {
            return f.kind();
          }
          return failure_kind::other;
        },
        io_pool::scope{stop});
  });
  std::ifstream grandchild{gate.path};
  std::string line;
  std::getline(grandchild, line);
  EXPECT_EQ(line, "ready");
  stop.cancel();
  EXPECT_EQ(ended.get(), failure_kind::cancelled);
  // Ends when the last writer is gone.
  EXPECT_FALSE(std::getline(grandchild, line));
  EXPECT_EQ(book.live(resource::child), 0u);
}

TEST_F(child_process, everything_that_is_entered_leaves_the_ledger) {
  run("true");
  EXPECT_EQ(book.live(resource::child), 0u);
  EXPECT_EQ(book.live(resource::descriptor), 0u);
  EXPECT_EQ(book.entered(resource::child), 1u);
}

} // namespace
} // namespace argosy::rc
