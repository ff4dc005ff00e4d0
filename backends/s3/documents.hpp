#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backends/web/markup.hpp"
#include "core/time_text.hpp"

/// What S3 says in XML.
namespace argosy::s3 {

/// An element of a small document.
struct element {
  std::string name, text;
  std::vector<element> children;
  /// The first child of that name, or null.
  const element* find(std::string_view child) const;
  /// The text of that child; empty when it is missing.
  const std::string& at(std::string_view child) const;
};

/// Throws transient_failure for a document that is cut off, or is none.
element parse_document(const std::string& body);

/// What an error says (also with status 200).
struct error_document {
  std::string code, message, request_id, host_id, region;
};
/// Empty for what is no such document.
error_document parse_error(const std::string& body);

struct listed_object {
  std::string key;
  std::int64_t size = -1;
  nanoseconds modified = 0; ///< when it was stored
  std::string tag, storage_class;
};

/// One page of a listing of a bucket (ListObjects, both versions).
struct list_page {
  std::vector<listed_object> objects;
  std::vector<std::string> prefixes; ///< each ends with the delimiter
  bool truncated = false;
  std::string next; ///< NextContinuationToken or NextMarker
};

/// Reads such a page as it arrives.
class list_reader final : private web::xml_events {
public:
  /// `escaped`: keys come as in the query of an URL.
  explicit list_reader(bool escaped) : escaped_(escaped) {}
  void feed(const char* data, std::size_t size) { reader_.feed(data, size); }
  /// After the last piece. False: it was cut off, or has characters that XML has not.
  bool finish(list_page& page);

private:
  void begin(std::string_view space, std::string_view name) override;
  void text(std::string_view piece) override { text_ += piece; }
  void end(std::string_view space, std::string_view name) override;
  std::string name_text() const;

  const bool escaped_;
  std::vector<std::string> open_;
  std::string text_;
  list_page page_;
  listed_object object_;
  web::xml_reader reader_{*this};
};

/// A text inside an element.
std::string xml_text(std::string_view text);
/// A time as S3 writes it; 0 when it cannot be read.
nanoseconds document_time(const std::string& text);

} // namespace argosy::s3
