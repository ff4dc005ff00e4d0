#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/s3/documents.hpp"
#include "backends/s3/s3_storage.hpp"
#include "backends/web/connection.hpp"

namespace argosy::s3 {

/// A bucket, or an object in it; both as the server has them. Without a bucket: the service itself.
struct place {
  std::string bucket, key;
};

/// One request, before it is signed.
struct order {
  const char* operation; ///< Amazon's name, for errors
  std::string method;
  place at;
  query_list query;
  std::vector<http_header> headers;
  std::string body;
  std::optional<std::int64_t> upload;   ///< bytes that the caller writes
  bool content = false;                 ///< the body is that of an object: large, and need not be signed
  std::chrono::milliseconds longest{0}; ///< for all of it; 0: no bound
};

/// How the server has answered.
struct outcome {
  web::answer head;
  std::string body;
  error_document error; ///< of an answer that is no success
  bool failed = false;
  bool good() const { return !failed; }
  int status() const { return head.status; }
};

/// Throws what an outcome means that is no success, in the words of rclone: directory_not_found for a bucket
/// that is missing, object_not_found for a key.
[[noreturn]] void fail_with(const order& what, const outcome& why);

/// The requests of one session.
class s3_client {
public:
  /// `show` is told of each URL that is asked for.
  s3_client(const s3_storage& s, std::function<void(std::string_view url)> show);

  const s3_options& options() const { return storage_.options(); }
  known_buckets& buckets() const { return storage_.buckets(); }
  web::connection& connection() { return connection_; }
  bool closed_by_peer() const noexcept { return connection_.closed_by_peer(); }
  pacer& paced() const { return storage_.paced(); }
  std::int64_t tries() const { return storage_.tries(); }
  logger& log() const { return storage_.client()->net.log(); }
  wait_clock& clock() const { return storage_.client()->net.clock(); }
  /// So many requests may be under way at once, at most `wanted`: each needs a socket.
  std::size_t beside(std::size_t wanted) const;

  /// The request, signed as of now.
  web::request signed_request(const may_block& on, const order& what);
  /// An URL by which anybody can get an object for that many seconds.
  std::string presigned_url(const may_block& on, const place& at, std::int64_t seconds);

  /// Sends a request until its answer is none of the moment.
  outcome send(const may_block& on, const order& what);
  /// One attempt. Throws transient_failure where another one may help.
  outcome send_once(const may_block& on, const order& what);
  /// The same as send(), and throws what is no success.
  outcome require(const may_block& on, const order& what);
  /// Begins a request whose body is written, or whose answer is read, by the caller.
  std::unique_ptr<web::exchange> begin(const may_block& on, const order& what);
  /// What the answer to such a request says, read to its end. Throws as send_once does.
  outcome outcome_of(const may_block& on, web::exchange& of, const order& what);

private:
  /// Who asks, as of now.
  const credentials& who(const may_block& on);
  void check_passing(const order& what, const web::request& asked, const outcome& got);
  std::string host_of(const std::string& bucket) const;
  bool in_host(const std::string& bucket) const;
  std::string path_of(const place& at) const;

  const s3_storage& storage_;
  std::function<void(std::string_view url)> show_;
  credentials role_; // as they were last
  signing_key key_;
  web::connection connection_;
};

} // namespace argosy::s3
