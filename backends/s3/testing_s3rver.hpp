#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "backends/web/testing_servers.hpp"

namespace argosy::testing {

/// For tests: s3rver of npm over `folder`, which is made, where scripts/test has installed it below
/// `sources`. Its key and its secret are both S3RVER.
inline std::unique_ptr<real_server> s3rver(const std::string& sources, const std::string& folder) {
  std::filesystem::create_directories(folder);
  return std::make_unique<real_server>([&](const std::string& port) {
    return std::vector<std::string>{"env", "S3_PORT=" + port, "node", sources + "/tests/npm/s3_server.mjs",
                                    folder};
  });
}

inline bool is_s3rver_installed(const std::string& sources) {
  return is_program("node") && std::filesystem::exists(sources + "/tests/npm/node_modules/.installed");
}

} // namespace argosy::testing
