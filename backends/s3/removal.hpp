#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backends/s3/s3_client.hpp"

namespace argosy::s3 {

/// Whether a document can name the key: XML has no control characters.
bool fits_into_xml(const std::string& key);

/// Removes objects of one bucket, whose keys fit into XML, in as few requests as may be (DeleteObjects).
/// Gives back the keys that the server has refused; nothing when it does not know such requests. Throws as
/// s3_client::require.
std::optional<std::vector<std::string>> remove_keys(const may_block& on, s3_client& by,
                                                    const std::string& bucket,
                                                    const std::vector<std::string>& keys);

} // namespace argosy::s3
