#include "http/markup/page_template.hpp"

#include <cerrno>
#include <fstream>
#include <iterator>

#include "backends/local/system_failure.hpp"
#include "core/failure.hpp"
#include "http/markup/contextual_escaping.hpp"
#include "http/markup/evaluation.hpp"

namespace argosy::markup {

page_template::page_template(std::string_view text) : templates_(add_escaping(parse_template(text))) {}

page_template page_template::load(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) fail(failure_kind::other, "open " + path + ": " + system_text(errno));
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  // A folder can be opened, and not be read.
  if (file.bad()) fail(failure_kind::other, "read " + path + ": " + system_text(errno));
  return page_template{text};
}

std::string page_template::render(const listing_page& page) const { return evaluate(templates_, page); }

} // namespace argosy::markup
