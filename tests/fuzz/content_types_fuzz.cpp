#include "core/content_type.hpp"

#include "core/mime_type.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace argosy::fuzz {

void check(std::string_view input) {
  static const mime_types types{mime_files{{}, {}}}; // without the tables of this machine

  const auto type = detect_content_type(input);
  expect(type.find('/') != std::string_view::npos, "a content has a media type", type);
  expect_equal(detect_content_type(input.substr(0, sniffed_bytes)), type, "the first bytes decide");

  const auto& named = types.of(input);
  expect(named.find('/') != std::string::npos, "a name has a media type", named);
  const auto* const known = types.find(input);
  if (known != nullptr) expect_equal(*known, named, "what is known of a name is its type");
}

} // namespace argosy::fuzz
