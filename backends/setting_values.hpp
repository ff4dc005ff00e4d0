#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backends/table.hpp"

/// Reads the options of a remote that is being made. A value that cannot be read is failure(other) in the
/// words of rclone's configstruct.
namespace argosy {

std::string text_setting(const storage_request& request, std::string_view key, std::string otherwise = {});
bool truth_setting(const storage_request& request, std::string_view key, bool otherwise);
std::int64_t number_setting(const storage_request& request, std::string_view key, std::int64_t otherwise);
/// Bytes; -1 is off.
std::int64_t size_setting(const storage_request& request, std::string_view key, std::int64_t otherwise);

/// Reads all options of these types that are given: what is wrong with one is told although nobody asks for
/// it.
void check_settings(const storage_request& request, const std::vector<storage_option>& options);

/// A row for storage_type::options that is a switch, off unless said otherwise, and shown to experts only.
storage_option advanced_switch(std::string name, std::string help);

} // namespace argosy
