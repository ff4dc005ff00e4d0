#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace argosy {

/// One record of CSV, as Go's encoding/csv reads and writes it: fields between separators, a field with
/// separators or quotes in it within double quotes. rclone's lists are such records, with ',' or ' '. Throws
/// failure(other) in the words of encoding/csv.
std::vector<std::string> read_csv_record(std::string_view text, char separator);
std::string csv_record(const std::vector<std::string>& fields, char separator);

} // namespace argosy
