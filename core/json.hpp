#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace argosy {

/// Objects are ordered bytewise by key, as Go's encoding/json prints maps.
using json = nlohmann::json;

/// Parses the first JSON value of `text` by the rules of Go's encoding/json.Decoder (rc-surface 2.2 step 5):
/// bytes after the first value are ignored; every number becomes a double; invalid UTF-8 and lone surrogates
/// become U+FFFD; of duplicate keys the last wins. Nesting deeper than 10,000 is an error, as in Go.
/// Throws failure(bad_parameter) with Go's own text ("EOF", "unexpected EOF", "invalid character 'p' looking
/// for beginning of object key string", ...), without any prefix. A number beyond the range of a double is an
/// error too, but only after the whole value was read, and not at the top level: there it becomes an
/// infinity, because callers refuse it for its type. `consumed`, if given, receives the bytes used.
json parse_json(std::string_view text, std::size_t* consumed = nullptr);

/// Writes `value` by Go's rules (2.4): TAB indentation, ": " after keys, `{}` and `[]` when empty, `<`, `>`,
/// `&`, U+2028 and U+2029 escaped, invalid UTF-8 as \ufffd, doubles in shortest form. Integers are written as
/// integers. `depth` is the indentation of the closing bracket. No newline at the end. NaN and infinities are
/// written as null.
void append_json(std::string& out, const json& value, int depth = 0);

/// What append_json writes, as a text of its own.
std::string json_text(const json& value);

/// One JSON string literal with its quotes, by the same rules.
void append_json_string(std::string& out, std::string_view text);

/// One double by Go's rules: 1 for 1.0, 1e+21, 1e-7, 0.1.
void append_json_double(std::string& out, double value);

/// append_json plus the newline that ends every rc reply.
std::string render_json(const json& value);

/// Writes JSON piece by piece in the same layout, keeping the order in which keys are given (Go
/// structs; 2.4). Example: w.begin_object(); w.key("id"); w.value(3); w.end_object();
class json_writer {
public:
  explicit json_writer(std::string& out, int depth = 0) : out_(out), outermost_(depth), depth_(depth) {}
  void begin_object() { begin('{'); }
  void end_object() { end('}'); }
  void begin_array() { begin('['); }
  void end_array() { end(']'); }
  void key(std::string_view name);
  void value(std::string_view text);
  void value(const char* text) { value(std::string_view{text}); }
  void value(const std::string& text) { value(std::string_view{text}); }
  void value(double number);
  void value(std::int64_t number);
  void value(int number) { value(static_cast<std::int64_t>(number)); }
  void value(std::uint64_t number);
  void value(bool truth);
  void value(const json& any);
  void null();
  /// `text` is JSON laid out at depth 0, by this class or append_json (no newline at its end); it is indented
  /// anew.
  void raw(std::string_view text);

private:
  void begin(char bracket);
  void end(char bracket);
  void separate(); // the comma, newline and TABs before an element, unless a key stands before it
  std::string& out_;
  int outermost_; // the depth outside every bracket: a value there has no line of its own
  int depth_;
  bool empty_ = true;      // nothing yet in the innermost bracket
  bool after_key_ = false; // a key waits for its value
};

} // namespace argosy
