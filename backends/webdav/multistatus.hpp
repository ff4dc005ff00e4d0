#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "backends/web/markup.hpp"
#include "core/hash.hpp"
#include "core/time_text.hpp"

namespace argosy::webdav {

/// What a server says of one resource (RFC 4918 14.24): the properties that it has.
struct item {
  std::string href; ///< as written: a path or an URL, escaped
  int status = 0;   ///< of the resource as a whole; 0: none given
  /// False when there were statuses of properties, and none of them was a success.
  bool good = true;
  bool collection = false;
  std::int64_t size = -1;
  nanoseconds modified = 0;
  std::map<hash_type, std::string> hashes; ///< hex: ownCloud's checksums, Fastmail's sha1hex
  std::string permissions;                 ///< ownCloud's letters
  std::string quota_available, quota_used;
};

/// Reads a multistatus as it arrives.
class multistatus_reader final : private web::xml_events {
public:
  /// `found` gets the items in order.
  explicit multistatus_reader(std::function<void(item&&)> found) : found_(std::move(found)) {}
  void feed(const char* data, std::size_t size) { reader_.feed(data, size); }
  /// After the last piece. False: it was cut off. Throws failure(other) when it is something else.
  bool finish();

private:
  void begin(std::string_view space, std::string_view name) override;
  void text(std::string_view piece) override;
  void end(std::string_view space, std::string_view name) override;
  void end_property(std::string_view space, std::string_view name);
  void end_properties();
  bool within(std::string_view parent) const;

  std::function<void(item&&)> found_;
  std::vector<std::string> open_; // names of the elements around, from the top
  std::string text_;
  item item_;
  item properties_; // of the propstat that is read: they count if its status does
  int property_status_ = 0;
  bool any_status_ = false, any_good_ = false;
  bool has_collection_ = false; // resourcetype says so, which is more than iscollection
  web::xml_reader reader_{*this};
};

/// The number in `HTTP/1.1 200 OK`; 0 when there is none.
int status_number(std::string_view line);

/// A time in one of the forms in which servers write getlastmodified; 0 (1970) for any other text, as in
/// rclone.
nanoseconds modified_time(const std::string& text);

/// What stands in the body of an error: message and exception of ownCloud's and Nextcloud's XML, or the text
/// itself unless it is a page. May be empty.
std::string error_message(const std::string& body);

} // namespace argosy::webdav
