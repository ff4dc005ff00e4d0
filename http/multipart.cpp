#include "http/multipart.hpp"

#include "core/failure.hpp"
#include "core/header_text.hpp"
#include "http/params.hpp"

namespace argosy {

namespace {

[[noreturn]] void broken(const char* text) { fail(failure_kind::other, text); }

std::string leaf_of(const std::string& path) {
  const auto last = path.find_last_not_of('/');
  if (last == std::string::npos) return path.empty() ? path : "/";
  const auto slash = path.rfind('/', last);
  return path.substr(slash == std::string::npos ? 0 : slash + 1,
                     last - (slash == std::string::npos ? 0 : slash + 1) + 1);
}

// Walks through a body line by line.
class part_reader {
public:
  part_reader(std::string_view body, const std::string& boundary) : rest_(body), dashes_("--" + boundary) {}

  // The head of the next part is read; false behind the last one.
  bool next(body_part& part) {
    if (!to_boundary()) return false;
    part = {};
    while (true) {
      const auto line = take_line("unexpected EOF");
      if (line.empty()) break;
      const auto colon = line.find(':');
      if (colon == std::string_view::npos) broken("malformed MIME header line");
      if (!same_header(trim_header(line.substr(0, colon)), "Content-Disposition")) continue;
      if (const auto name = header_parameter(line.substr(colon + 1), "filename"); name && !name->empty())
        part.file_name = leaf_of(*name);
    }
    part.content = take_content();
    return true;
  }

private:
  std::string_view take_line(const char* at_end) {
    const auto newline = rest_.find('\n');
    if (newline == std::string_view::npos) broken(at_end);
    auto line = rest_.substr(0, newline);
    rest_.remove_prefix(newline + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
  }

  // What stands before the first boundary is a preamble.
  bool to_boundary() {
    while (true) {
      if (is_last(rest_.substr(0, rest_.find('\n')))) return false;
      const auto line = trim_header(take_line("multipart: NextPart: EOF"));
      if (line == dashes_) return true;
    }
  }

  bool is_last(std::string_view line) const {
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    line = trim_header(line);
    return line.size() == dashes_.size() + 2 && line.substr(0, dashes_.size()) == dashes_ &&
           line.substr(dashes_.size()) == "--";
  }

  // Up to the line end before the next boundary, which stays.
  std::string_view take_content() {
    for (std::size_t from = 0;;) {
      const auto at = rest_.find(dashes_, from);
      if (at == std::string_view::npos) broken("unexpected EOF");
      from = at + 1;
      if (at > 0 && rest_[at - 1] != '\n') continue;
      const auto behind = rest_.substr(at + dashes_.size());
      const auto line = trim_header(behind.substr(0, behind.find_first_of("\r\n")));
      if (!line.empty() && line != "--") continue;
      auto content = rest_.substr(0, at);
      rest_.remove_prefix(at);
      if (!content.empty()) content.remove_suffix(1);
      if (!content.empty() && content.back() == '\r') content.remove_suffix(1);
      return content;
    }
  }

  std::string_view rest_;
  const std::string dashes_;
};

} // namespace

std::optional<std::vector<body_part>> parse_multipart(std::string_view content_type, std::string_view body) {
  std::string type;
  try {
    type = parse_media_type(content_type).name;
  } catch (const failure& why) {
    broken(why.what()); // here it is the request's error, not a parameter's: 500
  }
  if (type.compare(0, 10, "multipart/") != 0) return std::nullopt;
  const auto boundary = header_parameter(content_type, "boundary");
  if (!boundary || boundary->empty()) broken("multipart: boundary is empty");
  std::vector<body_part> parts;
  part_reader reader{body, *boundary};
  for (body_part part; reader.next(part);) parts.push_back(std::move(part));
  return parts;
}

} // namespace argosy
