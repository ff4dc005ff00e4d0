#include "core/header_text.hpp"
#include "http/multipart.hpp"

#include "tests/fuzz/fuzz.hpp"

// An input is a Content-Type in the first line and a body. The body is also the content of parts, which end
// with a zero byte.
namespace argosy::fuzz {

namespace {

constexpr std::string_view boundary = "b0undary";

void check_body(std::string_view content_type, std::string_view body) {
  const auto parts = accepted([&] { return parse_multipart(content_type, body); });
  if (!parts || !*parts) return;
  std::size_t sum = 0;
  for (const auto& part : **parts) {
    sum += part.content.size();
    const bool inside =
        part.content.empty() || (part.content.data() >= body.data() &&
                                 part.content.data() + part.content.size() <= body.data() + body.size());
    expect(inside, "a part is a part of the body");
    expect(part.file_name == "/" || part.file_name.find('/') == std::string::npos,
           "a file has a name without a path", part.file_name);
  }
  expect(sum <= body.size(), "parts do not overlap", content_type);
}

void check_written(std::string_view contents) {
  std::vector<std::string> written;
  std::string body;
  while (!contents.empty()) {
    const auto end = contents.find('\0');
    const std::string content{contents.substr(0, end)};
    contents.remove_prefix(end == std::string_view::npos ? contents.size() : end + 1);
    if (content.find(boundary) != std::string::npos) continue;
    written.push_back(content);
    const auto name = "file" + std::to_string(written.size());
    body += "--" + std::string{boundary} + "\r\nContent-Disposition: form-data; name=\"f\"; filename=\"" +
            name + "\"\r\n\r\n" + content + "\r\n";
  }
  body += "--" + std::string{boundary} + "--\r\n";
  const auto parts = parse_multipart("multipart/form-data; boundary=" + std::string{boundary}, body);
  expect(parts.has_value(), "a multipart body is one");
  std::vector<std::string> read;
  for (const auto& part : *parts) {
    read.emplace_back(part.content);
    expect_equal(part.file_name, "file" + std::to_string(read.size()), "a file's name comes back");
  }
  expect_equal(read, written, "contents come back");
}

} // namespace

void check(std::string_view input) {
  reader in{input};
  const auto type = in.line();
  check_body(type, in.rest());
  check_body("multipart/form-data; boundary=b", in.rest());
  check_written(in.rest());
  header_parameter(type, "filename");
}

} // namespace argosy::fuzz
