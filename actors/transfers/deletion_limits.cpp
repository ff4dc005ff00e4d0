#include "actors/transfers/deletion_limits.hpp"

#include <algorithm>

#include "core/failure.hpp"

namespace argosy {

deletion_limits::deletion_limits(const main_options& options, std::int64_t deletes_before) :
    left_(options.max_delete < 0 ? -1 : std::max<std::int64_t>(0, options.max_delete - deletes_before)),
    bytes_left_(options.max_delete_size) {}

void deletion_limits::admit(std::int64_t size) {
  const std::lock_guard<std::mutex> guard{mutex_};
  if (left_ == 0) fail(failure_kind::fatal, "--max-delete threshold reached");
  if (bytes_left_ >= 0 && size > bytes_left_)
    fail(failure_kind::fatal, "--max-delete-size threshold reached");
  if (left_ > 0) --left_;
  if (bytes_left_ >= 0) bytes_left_ -= std::max<std::int64_t>(0, size);
}

} // namespace argosy
