#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backends/table.hpp"
#include "core/name_encoder.hpp"
#include "core/time_text.hpp"

/// Reads the options of a remote that is being made. A value that cannot be read is failure(other) in the
/// words of rclone's configstruct.
namespace argosy {

std::string text_setting(const storage_request& request, std::string_view key, std::string otherwise = {});
bool truth_setting(const storage_request& request, std::string_view key, bool otherwise);
std::int64_t number_setting(const storage_request& request, std::string_view key, std::int64_t otherwise);
/// Bytes; -1 is off.
std::int64_t size_setting(const storage_request& request, std::string_view key, std::int64_t otherwise);
/// duration_off is off.
nanoseconds duration_setting(const storage_request& request, std::string_view key, nanoseconds otherwise);
/// rclone's CommaSepList and SpaceSepList; without empty elements.
std::vector<std::string> list_setting(const storage_request& request, std::string_view key, char separator);
/// Option `encoding`.
name_encoder encoding_setting(const storage_request& request, const char* otherwise);
/// The clear text of a password, "" when it is not set. Throws failure(other) `failed to decrypt KEY: ...`.
std::string secret_setting(const storage_request& request, std::string_view key);

/// A row for storage_type::options that is a switch, off unless said otherwise, and shown to experts only.
storage_option advanced_switch(std::string name, std::string help);

} // namespace argosy
