#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/go_text.hpp"

namespace argosy::fuzz {

void broken(std::string_view property, const std::string& details) {
  std::fprintf(stderr, "PROPERTY BROKEN: %.*s\n%s\n", static_cast<int>(property.size()), property.data(),
               details.c_str());
  std::abort();
}

std::string as_text(std::string_view text) { return go_quote(text); }

std::string as_text(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const auto& text : texts) out += " " + go_quote(text);
  return out + " ]";
}

std::string_view reader::line() {
  const auto end = rest_.find('\n');
  const auto line = rest_.substr(0, end);
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  return line;
}

std::uint8_t reader::byte() {
  if (rest_.empty()) return 0;
  const auto first = static_cast<std::uint8_t>(rest_.front());
  rest_.remove_prefix(1);
  return first;
}

std::int64_t reader::number() {
  std::int64_t value = 0;
  const auto size = std::min(rest_.size(), sizeof(value));
  if (size > 0) std::memcpy(&value, rest_.data(), size);
  rest_.remove_prefix(size);
  return value;
}

std::vector<std::string> lines_of(std::string_view text, std::size_t most) {
  std::vector<std::string> lines;
  for (reader in{text}; !in.at_end() && lines.size() < most;) lines.emplace_back(in.line());
  return lines;
}

std::string as_text(const nlohmann::json& value) { return render_json(value); }

} // namespace argosy::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  argosy::fuzz::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
