// What the hot paths cost, one by one: build/bench/argosy_bench [--benchmark_filter=...].
#include <benchmark/benchmark.h>

#include <caf/all.hpp>

#include "actors/census.hpp"
#include "actors/messages.hpp"
#include "actors/sync/merge.hpp"
#include "core/json.hpp"
#include "metrics/registry.hpp"

namespace {

using namespace argosy;

struct bench_config : caf::actor_system_config {
  bench_config() {
    add_message_types<caf::id_block::argosy>();
    set("scheduler.policy", caf::atom("sharing"));
  }
};

using echo_actor = caf::typed_actor<caf::replies_to<caf::get_atom, std::uint64_t>::with<std::uint64_t>>;

echo_actor::behavior_type echo(echo_actor::pointer) {
  return {[](caf::get_atom, std::uint64_t x) { return x; }};
}

/// An actor entered into the ledger, from its spawn to its end.
void spawn_counted(benchmark::State& state) {
  ledger book;
  metrics_registry metrics{book};
  census actors{book, metrics.life()};
  bench_config config;
  caf::actor_system system{config};
  for (auto _ : state) {
    auto made = actors.spawn(system, "bench", 0, echo);
    benchmark::DoNotOptimize(made);
  }
}
BENCHMARK(spawn_counted);

/// A request and its answer between an outside thread and an actor.
void request_and_answer(benchmark::State& state) {
  bench_config config;
  caf::actor_system system{config};
  auto target = system.spawn(echo);
  caf::scoped_actor self{system};
  for (auto _ : state)
    self->request(target, caf::infinite, caf::get_atom_v, std::uint64_t{1})
        .receive([](std::uint64_t x) { benchmark::DoNotOptimize(x); }, [](const caf::error&) {});
}
BENCHMARK(request_and_answer);

/// A thing that enters and leaves the ledger.
void ledger_entry(benchmark::State& state) {
  ledger book;
  for (auto _ : state) {
    auto entry = book.enter(resource::actor, "bench", 1);
    benchmark::DoNotOptimize(entry);
  }
}
BENCHMARK(ledger_entry)->ThreadRange(1, 2);

listing names(std::int64_t count, std::int64_t size) {
  listing made;
  for (std::int64_t i = 0; i < count; ++i) made.add("file-" + std::to_string(i), entry_kind::file, size, 1);
  return made;
}

/// Sorting and merging two listings of that many names, of which all are the same.
void merge_equal(benchmark::State& state) {
  const main_options options;
  storage_info info;
  const comparison compare{info, info, options};
  const auto side = names(state.range(0), 7);
  for (auto _ : state) {
    directory_plan plan;
    plan.source = side;
    plan.destination = side;
    merge_listings(plan, {}, compare);
    benchmark::DoNotOptimize(plan.equal.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(merge_equal)->Arg(100)->Arg(20'000)->Unit(benchmark::kMicrosecond);

void parse_call(benchmark::State& state) {
  const std::string body =
      R"({"srcFs":"/data/in","dstFs":"remote:out","_async":true,"_config":{"Transfers":8}})";
  for (auto _ : state) {
    auto value = parse_json(body);
    benchmark::DoNotOptimize(value);
  }
}
BENCHMARK(parse_call);

void render_reply(benchmark::State& state) {
  const auto value =
      parse_json(R"({"bytes":123456,"checks":7,"name":"a <b> & c","list":[1,2.5,"x",null,true]})");
  for (auto _ : state) {
    auto text = render_json(value);
    benchmark::DoNotOptimize(text);
  }
}
BENCHMARK(render_reply);

} // namespace

BENCHMARK_MAIN();
