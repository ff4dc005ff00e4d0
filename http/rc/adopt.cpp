#include "http/rc/adopt.hpp"

#include <utility>

#include "core/failure.hpp"
#include "http/rc/call.hpp"

namespace argosy::rc {

void adopt(const daemon& d, const job_summary& lost) {
  const auto* row = d.commands.find(lost.path);
  if (row == nullptr || !row->repeats)
    fail(failure_kind::other,
         "job " + std::to_string(lost.id) + " cannot be begun twice: call " + lost.path + " itself");
  const auto input = json::parse(lost.input, nullptr, false);
  if (!input.is_object())
    fail(failure_kind::other, "the parameters of job " + std::to_string(lost.id) + " cannot be read");
  job_request call;
  call.id = lost.id;
  call.path = lost.path;
  call.group = lost.group;
  call.asynchronous = true;
  // Filters may stand in files: an I/O thread reads them.
  spawn_job(d.system, d.with, d.around, std::move(call), {}, [row, &d, input](job_context& job) {
    job.block(
        [row, &d, input](const may_block&) {
          job_request begun;
          read_special_parameters(input, *row, d, begun);
          return begun;
        },
        [row, &d, &job](job_request begun) { job.take_over(std::move(begun), {}, work_of(*row, d)); });
  });
}

} // namespace argosy::rc
