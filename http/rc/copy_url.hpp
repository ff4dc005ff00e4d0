#pragma once

#include <string>

#include "http/rc/operation.hpp"

namespace argosy::rc {

struct url_request {
  std::string url;
  std::string path;              ///< to write to, unless the name comes from elsewhere
  bool name_from_url = false;    ///< autoFilename
  bool name_from_header = false; ///< headerFilename: of Content-Disposition; only with name_from_url
  bool keep_existing = false;    ///< noClobber
};

/// operations/copyurl: fetches over HTTP and stores at work.at(). Throws failure(other) with rclone's texts.
void copy_url(operation& work, const url_request& request);

} // namespace argosy::rc
