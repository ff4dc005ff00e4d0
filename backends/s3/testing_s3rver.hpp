#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backends/testing.hpp"
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

/// One that all tests of this process share.
inline const real_server& shared_s3rver(const std::string& sources) {
  static const scratch_folder folder;
  static const auto server = s3rver(sources, folder / "served");
  return *server;
}

/// MinIO, which all tests of this process share. Its key is MINIO and its secret MINIOSECRET.
inline const real_server& shared_minio() {
  static const scratch_folder folder;
  static const real_server server{[](const std::string& port) {
    return std::vector<std::string>{"env",
                                    "MINIO_ROOT_USER=MINIO",
                                    "MINIO_ROOT_PASSWORD=MINIOSECRET",
                                    "MINIO_BROWSER=off",
                                    "minio",
                                    "server",
                                    folder / "served",
                                    "--address",
                                    "127.0.0.1:" + port};
  }};
  return server;
}

/// The name of a bucket for the tests in a folder: letters and digits that all servers allow.
inline std::string bucket_for(const scratch_folder& folder) {
  return "bucket-" + std::to_string(std::hash<std::string>{}(folder.path()));
}

} // namespace argosy::testing
