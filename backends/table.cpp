#include "backends/table.hpp"

#include <algorithm>

#include "backends/alias/alias_storage.hpp"
#include "backends/combine/combine_storage.hpp"
#include "backends/crypt/crypt_storage.hpp"
#include "backends/ftp/ftp_storage.hpp"
#include "backends/http/http_storage.hpp"
#include "backends/local/local_storage.hpp"
#include "backends/memory/memory_storage.hpp"
#include "backends/node/node_storage.hpp"
#include "backends/s3/s3_storage.hpp"
#include "backends/sftp/sftp_storage.hpp"
#include "backends/union/union_storage.hpp"
#include "backends/webdav/webdav_storage.hpp"

namespace argosy {

storage_table::storage_table() :
    types_{alias_type(),  combine_type(), crypt_type(), ftp_type(),  http_type(),  local_type(),
           memory_type(), node_type(),    s3_type(),    sftp_type(), union_type(), webdav_type()} {}

const storage_type* storage_table::find(std::string_view type) const {
  const auto i =
      std::find_if(types_.begin(), types_.end(), [&](const storage_type& t) { return t.name == type; });
  return i == types_.end() ? nullptr : &*i;
}

} // namespace argosy
