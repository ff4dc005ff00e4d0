#include "core/csv_record.hpp"

#include <algorithm>

#include "core/failure.hpp"

namespace argosy {

std::vector<std::string> read_csv_record(std::string_view text, char separator) {
  std::vector<std::string> out;
  if (text.empty()) return out;
  for (std::size_t i = 0;;) {
    std::string field;
    if (i < text.size() && text[i] == '"') {
      for (++i;;) {
        const auto quote = text.find('"', i);
        if (quote == std::string_view::npos)
          fail(failure_kind::other, "extraneous or missing \" in quoted-field");
        field += text.substr(i, quote - i);
        i = quote + 1;
        if (i == text.size() || text[i] != '"') break;
        field += '"';
        ++i;
      }
      if (i < text.size() && text[i] != separator && text[i] != '\n' && text[i] != '\r') {
        fail(failure_kind::other, "extraneous or missing \" in quoted-field");
      }
    } else {
      const char ends[] = {separator, '\n', '\r', '\0'};
      const auto end = std::min(text.find_first_of(ends, i), text.size());
      field = text.substr(i, end - i);
      if (field.find('"') != std::string::npos) fail(failure_kind::other, "bare \" in non-quoted field");
      i = end;
    }
    out.push_back(std::move(field));
    if (i == text.size() || text[i] != separator) return out;
    ++i;
  }
}

std::string csv_record(const std::vector<std::string>& fields, char separator) {
  if (fields.size() == 1 && fields.front().empty()) return "\"\"";
  std::string out;
  for (const auto& field : fields) {
    if (&field != &fields.front()) out += separator;
    const char special[] = {separator, '"', '\n', '\r', '\0'};
    if (field.find_first_of(special) == std::string::npos && (field.empty() || field.front() != ' ')) {
      out += field;
      continue;
    }
    out += '"';
    for (const char c : field) {
      if (c == '"') out += '"';
      out += c;
    }
    out += '"';
  }
  return out;
}

} // namespace argosy
