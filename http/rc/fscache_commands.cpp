#include "http/rc/command.hpp"

namespace argosy::rc {

namespace {

void clear(job_context& job, const daemon&) {
  job.ask(
      job.around().remotes, [&job] { job.succeed(); }, caf::delete_atom_v, std::string{});
}

void entries(job_context& job, const daemon&) {
  job.ask(
      job.around().remotes,
      [&job](std::uint64_t count) {
        std::string out;
        json_writer w{out};
        w.begin_object();
        w.key("entries"), w.value(count);
        w.end_object();
        job.succeed(std::move(out));
      },
      caf::get_atom_v);
}

} // namespace

std::vector<command> fscache_commands() {
  return {
      {"fscache/clear",
       "Clear the Fs cache.",
       right::authenticated,
       right::authenticated,
       {},
       "{}",
       "Forgets every remote that is kept ready. What is at work with one goes on.\n",
       {},
       clear},
      {"fscache/entries",
       "Returns the number of entries in the fs cache.",
       right::authenticated,
       right::authenticated,
       {},
       "{entries: integer}",
       "Returns\n\n- entries - how many remotes are kept ready\n",
       {},
       entries},
  };
}

} // namespace argosy::rc
