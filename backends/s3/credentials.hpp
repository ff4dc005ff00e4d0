#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "backends/s3/signature.hpp"

namespace argosy::s3 {

/// Looks a variable of the environment up.
using environment = std::function<std::optional<std::string>(const char* name)>;
/// The environment of this process.
std::optional<std::string> process_environment(const char* name);

/// What Amazon's tools find where nobody tells them: in AWS_* variables, else in the files that they share.
struct found_credentials {
  credentials who; ///< anonymous: there are none
  std::string region;
  std::string where; ///< they were looked for, in words
};

/// `profile` and `file` as the options of the remote have them, empty: AWS_PROFILE and
/// AWS_SHARED_CREDENTIALS_FILE, else `default` in ~/.aws/credentials.
found_credentials find_credentials(const environment& env, const std::string& profile,
                                   const std::string& file);

/// Sections of such a file: their names, keys in lower case, values. A section `profile x` of a configuration
/// file goes by `x`.
std::map<std::string, std::map<std::string, std::string>> parse_profiles(const std::string& text);

} // namespace argosy::s3
