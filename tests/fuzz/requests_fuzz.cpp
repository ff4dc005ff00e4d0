#include "http/request_reader.hpp"

#include "tests/fuzz/fuzz.hpp"

// An input is what a client sends on one connection.
namespace argosy::fuzz {

namespace {

constexpr std::size_t most_head = 1024;
constexpr std::size_t most_body = 256;

// What one way of reading makes of the bytes: a text for each request, the last one perhaps a refusal.
struct outcome {
  std::vector<std::string> requests;
};

std::string text_of(const request_reader::result& result) {
  const auto& r = result.request;
  std::string text = shown(r.method) + " " + shown(r.path) + " " + shown(r.query) +
                     (result.keep_alive ? " stays" : "") + (result.http_1_0 ? " 1.0" : "");
  for (const auto& [name, value] : r.headers) text += " " + shown(name) + ":" + shown(value);
  return text + " " + shown(r.body);
}

void check_request(const http_request& r) {
  expect(r.path.empty() || r.path.front() != '/', "a path has no slash in front", r.path);
  expect(r.body.size() <= most_body, "a body is not larger than allowed");
  std::size_t head = 0;
  for (const auto& [name, value] : r.headers) {
    head += name.size() + value.size();
    expect(name.find_first_of(" :\r\n") == std::string::npos, "a header has the name of one", name);
    expect(value.find_first_of("\r\n") == std::string::npos, "a header is one line", value);
  }
  expect(head <= most_head, "a head is not larger than allowed");
}

// Reads in pieces of `step` bytes.
std::vector<std::string> read_all(std::string_view bytes, std::size_t step) {
  using progress = request_reader::progress;
  std::vector<std::string> requests;
  request_reader reader{most_head, most_body};
  while (!bytes.empty()) {
    const auto piece = bytes.substr(0, step);
    const auto used = reader.feed(piece.data(), piece.size());
    expect(used <= piece.size(), "no more is read than there is");
    if (reader.state() == progress::refused) {
      expect(reader.refusal().size() > 4, "a refusal has a status and a text");
      requests.emplace_back(reader.refusal());
      return requests;
    }
    if (reader.state() == progress::complete) {
      auto result = reader.take();
      check_request(result.request);
      requests.push_back(text_of(result));
      if (!result.keep_alive) return requests;
    } else {
      expect_equal(used, piece.size(), "a request that is not complete takes everything");
      reader.wants_continue();
    }
    expect(used > 0 || reader.state() == progress::complete, "reading goes on");
    bytes.remove_prefix(used);
  }
  return requests;
}

} // namespace

void check(std::string_view input) {
  const auto start = look_at_method(input);
  expect(start.length <= input.size(), "a method is in the text", input);
  const auto whole = read_all(input, input.size());
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}})
    expect_equal(read_all(input, step), whole, "it does not matter in which pieces a request comes");
}

} // namespace argosy::fuzz
