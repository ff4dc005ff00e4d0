#include "http/reply_pipe.hpp"

#include <future>
#include <gtest/gtest.h>
#include <optional>

#include "backends/run_and_wait.hpp"
#include "core/failure.hpp"

namespace argosy {
namespace {

/// Stands for the server: has the reply, and asks for blocks when the test says so.
class reply_pipe_test : public ::testing::Test {
protected:
  reply_pipe_test() :
      pipe(std::make_shared<reply_pipe>([this](http_reply reply) { begun.set_value(std::move(reply)); })) {}

  std::future<bool> write(const std::string& bytes) {
    return std::async(std::launch::async, [this, bytes] {
      return run_and_wait(
          pool, [&](const may_block& on) { return pipe->write(on, bytes); }, io_pool::scope{stop});
    });
  }
  http_reply first(const std::string& bytes) {
    EXPECT_TRUE(write(bytes).get());
    return begun.get_future().get();
  }
  static std::future<std::string> next(const http_reply& reply) {
    auto block = std::make_shared<std::promise<std::string>>();
    auto taken = block->get_future();
    reply.stream->next(
        [block](const std::shared_ptr<const std::string>& bytes) { block->set_value(*bytes); });
    return taken;
  }

  ledger book;
  io_pool pool{book, {}};
  cancellation stop;
  std::promise<http_reply> begun;
  std::shared_ptr<reply_pipe> pipe;
};

TEST_F(reply_pipe_test, the_first_block_begins_the_reply) {
  EXPECT_FALSE(pipe->begun());

  const auto reply = first("text");

  EXPECT_TRUE(pipe->begun());
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(*reply.body.at(0), "text");
}

TEST_F(reply_pipe_test, bytes_that_are_no_text_have_no_type) {
  EXPECT_EQ(first(std::string{"a\0b", 3}).content_type, "application/octet-stream");
}

TEST_F(reply_pipe_test, a_type_that_is_known_is_not_guessed) {
  pipe->type("application/x-ndjson");
  EXPECT_EQ(first("{}\n").content_type, "application/x-ndjson");
}

TEST_F(reply_pipe_test, nothing_written_is_an_empty_reply) {
  const auto reply = first("");
  EXPECT_TRUE(pipe->begun());
  EXPECT_TRUE(reply.body.empty());
  pipe->finish("");
  EXPECT_EQ(next(reply).get(), "");
}

TEST_F(reply_pipe_test, blocks_come_in_order_and_then_the_end) {
  const auto reply = first("1");

  auto second = next(reply);
  EXPECT_TRUE(write("2").get());
  EXPECT_EQ(second.get(), "2");
  auto third = next(reply);
  pipe->finish("3");

  EXPECT_EQ(third.get(), "3");
  EXPECT_EQ(next(reply).get(), "");
}

TEST_F(reply_pipe_test, the_end_waits_for_a_slow_client) {
  const auto reply = first("1");

  pipe->finish("2");

  EXPECT_EQ(next(reply).get(), "2");
  EXPECT_EQ(next(reply).get(), "");
}

TEST_F(reply_pipe_test, a_writer_goes_on_when_its_client_has_taken_what_was_before) {
  const auto reply = first("1");
  auto written = write("2");

  // Not before somebody asks for it: the future is ready only afterwards.
  auto taken = next(reply);

  EXPECT_TRUE(written.get());
  EXPECT_EQ(taken.get(), "2");
}

TEST_F(reply_pipe_test, a_writer_learns_that_its_client_is_gone) {
  auto reply = first("1");
  auto written = write("2");

  reply.stream.reset();

  EXPECT_FALSE(written.get());
  EXPECT_FALSE(write("3").get());
}

TEST_F(reply_pipe_test, a_writer_that_waits_can_be_cancelled) {
  const auto reply = first("1");
  auto written = write("2");

  stop.cancel();

  EXPECT_THROW(written.get(), failure);
}

} // namespace
} // namespace argosy
