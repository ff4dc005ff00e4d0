#include "http/debug/pprof_reader.hpp"

#include <chrono>

#include <gtest/gtest.h>

#include "backends/run_and_wait.hpp"
#include "metrics/instruments.hpp"

namespace argosy {
namespace {

TEST(GoroutineLeak, HoldsTheActorsThatLeakAndNothingElse) {
  ledger book;
  io_pool io{book, {}};
  const auto healthy = book.enter(resource::actor, "healthy");
  auto patient = book.enter(resource::actor, "patient");
  patient.waits("an answer", std::chrono::minutes(1));
  auto leaked = book.enter(resource::actor, "forgotten");
  leaked.waits("an answer", -std::chrono::minutes(1));
  auto connection = book.enter(resource::connection, "http");
  connection.waits("http response", -std::chrono::minutes(1));

  const auto p = run_and_wait(io, [](const may_block& on) { return take_snapshot(on, "goroutineleak"); });

  ASSERT_EQ(p.samples.size(), 1U);
  EXPECT_EQ(p.samples[0].values.at(0), 1);
  EXPECT_EQ(p.samples[0].stack.at(0), name_frame(name_kind::actor, "forgotten"));
  EXPECT_STREQ(p.types.at(0).name, "goroutineleak");
}

} // namespace
} // namespace argosy
