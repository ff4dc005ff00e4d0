#pragma once

#include <map>
#include <mutex>
#include <string>

#include "backends/s3/s3_client.hpp"

namespace argosy::s3 {

/// An object that is put together of parts. It ends with complete() or abort(). Parts may be told of by
/// several threads at once.
class multipart {
public:
  /// Begins it. `fields` say what the object will be.
  multipart(const may_block& on, s3_client& by, place at, std::vector<http_header> fields);

  /// The request for a part, numbered from 1; `body` may be empty for one that is copied.
  order part(std::size_t number, std::string body) const;
  /// The server has a part. Throws corruption when its tag is not the MD5 of what was sent; `md5` (hex) is
  /// empty where nobody knows.
  void took(std::size_t number, const std::string& tag, const std::string& md5);
  /// All parts are there. Throws corruption, and removes the object, when it is not made of them.
  void complete(const may_block& on, s3_client& by);
  /// Nothing is kept of it. What goes wrong is logged.
  void abort(const may_block& on, s3_client& by) noexcept;
  const place& at() const { return at_; }

private:
  struct part_info {
    std::string tag, md5;
  };
  std::string expected_tag() const;

  const place at_;
  std::string id_;
  std::mutex mutex_;
  std::map<std::size_t, part_info> parts_;
};

/// Bytes of the parts of an object: as options say, but more where it would have too many of them. `size` -1
/// is unknown.
std::int64_t part_size(const s3_options& options, std::int64_t size);

} // namespace argosy::s3
