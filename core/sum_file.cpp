#include "core/sum_file.hpp"

#include "core/unicode.hpp"

namespace argosy {

namespace {

constexpr std::size_t most_warnings = 3;

} // namespace

void sum_file::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    if (end == std::string_view::npos) {
      rest_ += bytes;
      return;
    }
    rest_ += bytes.substr(0, end);
    line(rest_);
    rest_.clear();
    bytes.remove_prefix(end + 1);
  }
}

std::map<std::string, std::string> sum_file::finish() {
  if (!rest_.empty()) line(rest_);
  rest_.clear();
  if (warnings_ > most_warnings)
    warn_(std::to_string(warnings_ - most_warnings) + " warning(s) suppressed...");
  return std::move(sums_);
}

void sum_file::warn(const char* what) {
  if (++warnings_ <= most_warnings) warn_(std::string{what} + " line " + std::to_string(number_ - 1));
}

void sum_file::line(std::string_view text) {
  ++number_;
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  if (text.empty()) return;
  const auto same = same_name_(text);
  const auto blank = same.find(' ');
  const auto well_formed = blank != 0 && blank != std::string::npos && blank + 2 < same.size() &&
                           (same[blank + 1] == ' ' || same[blank + 1] == '*');
  if (!well_formed) return warn("improperly formatted checksum");
  auto& sum = sums_[same.substr(blank + 2)];
  if (!sum.empty()) return warn("duplicate file on checksum");
  sum = to_lower(std::string_view{same}.substr(0, blank));
}

} // namespace argosy
