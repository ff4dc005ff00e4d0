#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/time_text.hpp"
#include "metrics/profile/modules.hpp"
#include "metrics/profile/symbols.hpp"
#include "metrics/stacks.hpp"

namespace argosy {

/// Says more about a sample: a text or, with an empty one, a number. `key` is a literal.
struct profile_label {
  const char* key;
  std::string text;
  std::int64_t number = 0;
  const char* unit = "";
};
bool operator==(const profile_label& a, const profile_label& b);
bool operator<(const profile_label& a, const profile_label& b);

/// What a stack stands for in figures.
struct profile_sample {
  call_stack stack;
  std::vector<std::int64_t> values;  ///< one for each type of the profile
  std::vector<profile_label> labels; ///< by key
};

/// A profile as Go's tools know them, before it has names.
struct profile {
  struct value_type {
    const char* name; ///< "inuse_space"
    const char* unit; ///< "bytes", "count", "nanoseconds"
  };
  std::vector<value_type> types;
  std::size_t shown = 0; ///< the type that is meant when nobody says which
  value_type period_type{"", ""};
  std::int64_t period = 0;
  nanoseconds taken = 0;    ///< wall clock
  nanoseconds duration = 0; ///< 0: a moment
  std::vector<profile_sample> samples;

  /// Joins samples of the same stack and labels; leaves out those whose values are all 0. The largest by the
  /// last type come first.
  void merge();
  /// What has changed since `before`, a profile of the same kind.
  profile since(profile before) const;
  /// The stacks of all samples, for symbols::resolve().
  std::vector<call_stack> stacks() const;
};

/// The profile in the format profile.proto of github.com/google/pprof, gzipped. `names` knows every address.
std::string encode_profile(const profile& p, const symbol_map& names,
                           const std::vector<code_module>& modules);

} // namespace argosy
