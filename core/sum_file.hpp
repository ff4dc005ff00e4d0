#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace argosy {

/// Reads a file of hashes in the form of md5sum: `HASH  NAME` or `HASH *NAME` a line, by rclone's rules:
/// empty lines and lines of another form are passed over, the first of a name wins, hashes become lower case.
class sum_file {
public:
  /// `same_name` gives a line the form in which names are compared (NFC, lower case); `warn` is told the
  /// first three lines that are passed over, and at the end how many more there were.
  sum_file(std::function<std::string(std::string_view)> same_name,
           std::function<void(const std::string&)> warn) :
      same_name_(std::move(same_name)),
      warn_(std::move(warn)) {}

  /// The next bytes of the file.
  void feed(std::string_view bytes);
  /// The end of the file: hash by name.
  std::map<std::string, std::string> finish();

private:
  void line(std::string_view text);
  void warn(const char* what);
  const std::function<std::string(std::string_view)> same_name_;
  const std::function<void(const std::string&)> warn_;
  std::map<std::string, std::string> sums_;
  std::string rest_; // of a line whose end is still to come
  std::size_t number_ = 0, warnings_ = 0;
};

} // namespace argosy
