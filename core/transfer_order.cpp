#include "core/transfer_order.hpp"

#include <charconv>
#include <tuple>

#include "core/failure.hpp"
#include "core/unicode.hpp"

namespace argosy {

namespace {

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  for (;;) {
    const auto comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

[[noreturn]] void refuse(std::string_view what, std::string_view name) {
  fail(failure_kind::other, std::string{what} + " \"" + std::string{name} + "\"");
}

int percent(const std::string& text) {
  int value = 0;
  const auto end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || rest != end) refuse("bad mixed fraction --order-by", text);
  return value;
}

std::vector<glob_pattern> patterns_of(const std::vector<std::string>& parts) {
  if (parts.size() < 2) fail(failure_kind::other, "--order-by pattern requires at least one glob");
  std::vector<glob_pattern> patterns;
  for (auto glob = parts.begin() + 1; glob != parts.end(); ++glob) {
    if (glob->empty()) fail(failure_kind::other, "empty pattern glob in --order-by");
    try {
      patterns.emplace_back(*glob, glob_subject::path, false);
    } catch (const failure& f) {
      throw f.within("bad pattern glob \"" + *glob + "\" in --order-by");
    }
  }
  return patterns;
}

} // namespace

transfer_order::transfer_order(std::string_view text) {
  if (text.empty()) return;
  const auto parts = split(text);
  const auto comparison = to_lower(parts[0]);
  if (comparison == "pattern") {
    by_ = key::pattern;
    patterns_ = patterns_of(parts);
    return;
  }
  if (comparison == "size")
    by_ = key::size;
  else if (comparison == "name")
    by_ = key::name;
  else if (comparison == "modtime")
    by_ = key::modified;
  else
    refuse("unknown --order-by comparison", comparison);
  if (parts.size() < 2) return;
  const auto direction = to_lower(parts[1]);
  std::size_t most = 2;
  if (direction == "descending" || direction == "desc") {
    descending_ = true;
  } else if (direction == "mixed") {
    front_percent_ = parts.size() > 2 ? percent(to_lower(parts[2])) : 50;
    most = 3;
  } else if (direction != "ascending" && direction != "asc") {
    refuse("unknown --order-by sort direction", direction);
  }
  if (parts.size() > most) refuse("bad --order-by string", text);
}

std::size_t transfer_order::rank(std::string_view path) const {
  std::string storage;
  const auto text = valid_for_matching(path, storage);
  std::size_t place = 0;
  while (place < patterns_.size() && !patterns_[place].matches(text)) ++place;
  return place;
}

bool transfer_order::before(const ordered_file& a, const ordered_file& b) const {
  const auto& first = descending_ ? b : a;
  const auto& second = descending_ ? a : b;
  switch (by_) {
  case key::none: return false;
  case key::size: return first.size < second.size;
  case key::name: return first.path < second.path;
  case key::modified: return first.modified < second.modified;
  case key::pattern:
    return std::tuple{rank(first.path), first.path} < std::tuple{rank(second.path), second.path};
  }
  return false;
}

std::size_t transfer_order::front_workers(std::size_t workers) const noexcept {
  if (front_percent_ < 0) return workers;
  std::size_t front = 0;
  while (front < workers && static_cast<std::int64_t>(100 * front / workers) < front_percent_) ++front;
  return front;
}

} // namespace argosy
