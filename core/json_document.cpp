#include "core/json_document.hpp"

#include "core/failure.hpp"
#include "core/go_text.hpp"

namespace argosy {

json parse_json_document(std::string_view text) {
  std::size_t used = 0;
  json value;
  try {
    value = parse_json(text, &used);
  } catch (const failure& f) {
    const std::string_view why = f.what();
    if (why == "EOF" || why == "unexpected EOF") fail(f.kind(), "unexpected end of JSON input");
    throw;
  }
  const auto rest = text.find_first_not_of(" \t\r\n", used);
  if (rest != std::string_view::npos)
    fail(failure_kind::bad_parameter, "invalid character " +
                                          go_quote_rune(static_cast<unsigned char>(text[rest])) +
                                          " after top-level value");
  return value;
}

} // namespace argosy
