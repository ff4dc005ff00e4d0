#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "actors/jobs/job.hpp"
#include "http/exchange.hpp"

namespace argosy {

/// A reply whose body is written while the job runs. One block is on its way at most: a client that reads
/// slowly slows the writer down.
class reply_pipe final : public output_sink {
public:
  explicit reply_pipe(http_answer answer);
  void type(std::string media_type) override;
  /// The first call begins the reply: status 200, and without a type that which Go's server guesses from the
  /// bytes. Waits until the client has taken what was written before. False when it is gone. Throws
  /// failure(cancelled).
  bool write(const may_block& on, std::string_view bytes) override;
  /// Whether anything was written: otherwise the reply is still to be given.
  bool begun() const;
  /// Ends a reply that was begun with these bytes. Does not wait.
  void finish(std::string last);

private:
  struct shared;
  class reader;
  const std::shared_ptr<shared> shared_;
};

} // namespace argosy
