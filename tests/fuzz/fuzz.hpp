#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/failure.hpp"

/// What the fuzz targets share: docs/fuzzing.md.
namespace argosy::fuzz {

/// The properties of one subject, looked at for one input. Every target defines it. It returns when they
/// hold; expect() ends the process otherwise, and so does an exception that gets out.
void check(std::string_view input);

/// Ends the process with `property` and `details` on the standard error: libFuzzer then keeps the input.
[[noreturn]] void broken(std::string_view property, const std::string& details);

inline void expect(bool holds, std::string_view property, std::string_view value = {}) {
  if (!holds) broken(property, std::string{value});
}

std::string as_text(std::string_view text);
std::string as_text(const std::vector<std::string>& texts);
std::string as_text(const nlohmann::json& value);

/// A value as a finding shows it.
template <class T>
std::string shown(const T& value) {
  if constexpr (std::is_arithmetic_v<T>)
    return std::to_string(value);
  else if constexpr (std::is_convertible_v<T, std::string_view>)
    return as_text(std::string_view{value});
  else
    return as_text(value);
}

template <class A, class B>
void expect_equal(const A& is, const B& should_be, std::string_view property) {
  if (!(is == should_be)) broken(property, "is " + shown(is) + ", should be " + shown(should_be));
}

/// What `work` returns, or nothing when it refuses its input. A refusal is a `failure` that says why.
template <class Work>
std::optional<std::invoke_result_t<Work&>> accepted(Work work) {
  try {
    return work();
  } catch (const failure& f) {
    expect(*f.what() != '\0', "a refusal says why");
    return std::nullopt;
  }
}

/// The same for work that returns nothing: whether it was done.
template <class Work>
bool done(Work work) {
  return accepted([&] {
           work();
           return true;
         })
      .has_value();
}

/// Takes an input apart, front to back. At its end there is still an empty text, and zero.
class reader {
public:
  explicit reader(std::string_view input) : rest_(input) {}

  /// Up to the next line end or the end. A line can be edited by hand in a seed, unlike a length in front.
  std::string_view line();
  std::uint8_t byte();
  bool flag() { return (byte() & 1) != 0; }
  /// Any value of 64 bits, from up to eight bytes.
  std::int64_t number();
  std::string_view rest() const { return rest_; }
  bool at_end() const { return rest_.empty(); }

private:
  std::string_view rest_;
};

/// The lines of a text, at most that many.
std::vector<std::string> lines_of(std::string_view text, std::size_t most);

} // namespace argosy::fuzz
