#pragma once

#include <string>

#include "backends/sftp/sftp_client.hpp"
#include "backends/sftp/sftp_options.hpp"
#include "backends/storage.hpp"
#include "core/log.hpp"

namespace argosy {

/// A directory to be listed.
struct sftp_directory {
  const std::string& place; ///< on the server
  const std::string& path;  ///< of the API, for texts
  const sftp_options& options;
  logger& log;
};

/// Its entries, page by page. Links are shown as what they point at; what is neither file nor directory is
/// left out, with a notice in the log unless skip_links is set. Throws failure(directory_not_found).
void sftp_list(const may_block& on, sftp_client& files, const sftp_directory& of,
               const session::page_sink& page);

/// Whether a directory has no entries at all. Throws failure(directory_not_found).
bool sftp_is_empty(const may_block& on, sftp_client& files, const std::string& place);

} // namespace argosy
