#include <algorithm>

#include "core/json_document.hpp"
#include "core/remote_name.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace argosy::fuzz {

namespace {

void expect_same(const remote_name& a, const remote_name& b, std::string_view property) {
  expect_equal(a.name, b.name, property);
  expect_equal(a.path, b.path, property);
  expect(a.inline_backend == b.inline_backend && a.parameters == b.parameters, property, a.prefix());
}

void check_text(std::string_view text) {
  const auto name = accepted([&] { return remote_name::parse(text); });
  if (!name) return;
  if (name->is_local_path()) {
    expect_equal(name->path, text, "a plain path is taken as it is");
    return expect(name->prefix().empty(), "a plain path has no prefix", text);
  }
  expect(done([&] { check_config_name(name->name); }), "a remote has a name that is allowed", text);
  const auto written = name->prefix() + name->path;
  expect_same(remote_name::parse(written), *name, "a remote that is written and read again is the same");
  const auto suffix = text.size() >= name->path.size() ? text.substr(text.size() - name->path.size()) : text;
  expect_equal(suffix, name->path, "the path is what the text ends with");
}

void check_object(std::string_view text) {
  const auto object = accepted([&] { return parse_json_document(text); });
  if (!object) return;
  const auto written = accepted([&] { return fs_text_from_object(*object); });
  if (!written) return;
  // Keys and names that cannot stand in a text are for the reader to refuse.
  const auto read = accepted([&] { return remote_name::parse(*written); });
  if (!read || read->is_local_path()) return;
  const auto member = [&](const char* key) {
    const auto found = object->find(key);
    return found == object->end() || found->is_null() ? std::string{} : found->get<std::string>();
  };
  if (member("_name").find_first_of(":,/\\") != std::string::npos ||
      member("type").find_first_of(":,/\\") != std::string::npos)
    return; // a name that is a text of its own
  expect_equal(read->path, member("_root"), "the root of the object is the path");
  for (const auto& [key, value] : read->parameters)
    expect_equal(value, member(key.c_str()), "the members of the object are the parameters");
}

} // namespace

void check(std::string_view input) {
  check_text(input);
  check_object(input);
}

} // namespace argosy::fuzz
