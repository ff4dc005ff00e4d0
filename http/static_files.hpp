#pragma once

#include <string>

#include "backends/io_pool.hpp"
#include "core/log.hpp"
#include "core/mime_type.hpp"
#include "http/exchange.hpp"

namespace argosy {

class served_file;

/// GET and HEAD of files below a folder: --rc-files (rc-surface 2.11), as Go's file server answers. Symbolic
/// links are followed; nothing in a request climbs out of the folder. What blocks is done on I/O threads.
class static_files {
public:
  /// `root` is an absolute path or one below the working directory. The rest outlives every reply.
  static_files(std::string root, io_pool& io, const mime_types& types, logger& log) :
      root_(std::move(root)), io_(io), types_(types), log_(log) {}
  /// Any thread; never blocks.
  void serve(http_request request, http_answer answer) const;

private:
  http_reply reply_to(const may_block& on, const http_request& request) const;
  http_reply file(const http_request& request, const std::string& name, served_file opened) const;
  http_reply directory(const http_request& request, served_file opened) const;

  const std::string root_;
  io_pool& io_;
  const mime_types& types_;
  logger& log_;
};

} // namespace argosy
