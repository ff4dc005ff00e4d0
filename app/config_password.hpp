#pragma once

#include <optional>
#include <string>

#include "backends/may_block.hpp"
#include "core/config_store.hpp"
#include "core/options.hpp"

namespace argosy {

/// The password of an encrypted configuration, from --password-command or else `from_environment`
/// (RCLONE_CONFIG_PASS). Nothing when there is neither. Throws failure(other) when the command fails or
/// prints nothing.
std::optional<config_password> find_config_password(const may_block& on, const main_options& options,
                                                    const std::string& from_environment);

} // namespace argosy
