#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "backends/s3/s3_options.hpp"
#include "backends/storage.hpp"
#include "backends/web/message.hpp"

namespace argosy::s3 {

/// What the header of an answer to HEAD or GET tells of an object.
struct object_head {
  std::int64_t size = -1;
  nanoseconds stored = 0;           ///< Last-Modified
  std::optional<nanoseconds> mtime; ///< as rclone keeps it, in the user's metadata
  std::string tag;
  std::string md5; ///< hex; empty when it is not known
  std::string mime_type;
  std::string storage_class;                   ///< empty stands for STANDARD
  std::map<std::string, std::string> user;     ///< x-amz-meta-*, names in lower case
  std::map<std::string, std::string> standard; ///< cache-control, content-disposition ...
};

object_head head_of(const web::answer& from, const s3_options& options);
object_info info_of(const object_head& head, const s3_options& options);
/// The tier of rclone: STANDARD when the server says nothing.
std::string tier_of(const std::string& storage_class);

/// A time in the user's metadata: seconds since 1970 with as many decimals as it needs.
std::string mtime_text(nanoseconds time);
/// Nothing for a text that is none.
std::optional<nanoseconds> parse_mtime(const std::string& text);

/// The header fields that give a new object what `put` says of it: times, types, metadata. `md5` is base64,
/// stored for who cannot tell it from the tag; may be empty.
std::vector<http_header> fields_of(const put_request& put, const s3_options& options, const std::string& md5);
/// The same for a copy that replaces the metadata of an object by `head`.
std::vector<http_header> fields_of(const object_head& head);
/// What the caller of a copy wants changed of its metadata, by rclone's keys. Throws failure for a time that
/// is none.
void set_metadata(object_head& of, const std::map<std::string, std::string>& wanted);
/// What options say of every new object: ACL, class, encryption.
std::vector<http_header> storing_fields(const s3_options& options);
/// The key that belongs to an object, for reading it and for each of its parts.
std::vector<http_header> customer_key_fields(const s3_options& options);
std::vector<http_header> source_key_fields(const s3_options& options);

void append(std::vector<http_header>& to, std::vector<http_header> more);

} // namespace argosy::s3
