#include "backends/webdav/multistatus.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include <curl/curl.h>

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/header_text.hpp"

namespace argosy::webdav {

namespace {

constexpr std::size_t longest_message = 1024; // bytes of an error's text

std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool is_success(int status) { return status >= 200 && status <= 299; }

// "SHA1:... MD5:... ADLER32:..."
void add_checksums(std::map<hash_type, std::string>& to, std::string_view text) {
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const auto one = lower_header(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (one.compare(0, 5, "sha1:") == 0) to[hash_type::sha1] = one.substr(5);
    if (one.compare(0, 4, "md5:") == 0) to[hash_type::md5] = one.substr(4);
  }
}

/// Finds the elements of an error wherever they stand.
class error_events final : public web::xml_events {
public:
  void begin(std::string_view, std::string_view name) override {
    html = html || same_header(name, "html");
    text_.clear();
  }
  void text(std::string_view piece) override { text_ += piece; }
  void end(std::string_view, std::string_view name) override {
    if (name == "message") message = trimmed(text_);
    if (name == "exception") exception = trimmed(text_);
    text_.clear();
  }
  std::string message, exception;
  bool html = false;

private:
  std::string text_;
};

} // namespace

int status_number(std::string_view line) {
  line = trimmed(line);
  if (line.compare(0, 5, "HTTP/") != 0) return 0;
  line.remove_prefix(std::min(line.find(' '), line.size()));
  line = trimmed(line);
  int status = 0;
  std::from_chars(line.data(), line.data() + line.size(), status);
  return status;
}

nanoseconds modified_time(const std::string& text) {
  constexpr nanoseconds second = 1'000'000'000;
  if (const auto time = parse_http_date(text)) return *time * second;
  if (text.size() > 10 && text[4] == '-' && text[7] == '-') {
    try {
      return parse_rfc3339(text);
    } catch (const failure&) {
      return 0;
    }
  }
  const auto time = curl_getdate(text.c_str(), nullptr);
  return time == -1 ? 0 : static_cast<nanoseconds>(time) * second;
}

std::string error_message(const std::string& body) {
  error_events events;
  web::xml_reader reader{events};
  reader.feed(body.data(), body.size());
  const auto whole = reader.finish();
  if (!events.message.empty() && !events.exception.empty()) return events.message + ": " + events.exception;
  if (!events.message.empty() || !events.exception.empty()) return events.message + events.exception;
  if (whole || events.html) return {};
  return std::string{trimmed(body).substr(0, longest_message)};
}

bool multistatus_reader::within(std::string_view parent) const {
  return open_.size() >= 2 && open_[open_.size() - 2] == parent;
}

void multistatus_reader::begin(std::string_view space, std::string_view name) {
  if (open_.empty() && name != "multistatus")
    fail(failure_kind::other, "expected element type <multistatus> but have <" + std::string{name} + ">");
  open_.emplace_back(name);
  text_.clear();
  if (name == "response" && open_.size() == 2) {
    item_ = {};
    any_status_ = any_good_ = has_collection_ = false;
  } else if (name == "propstat" && open_.size() == 3) {
    properties_ = {};
    property_status_ = 0;
  } else if (name == "collection" && within("resourcetype") && (space == "DAV:" || space.empty())) {
    properties_.collection = has_collection_ = true;
  }
}

void multistatus_reader::text(std::string_view piece) { text_ += piece; }

void multistatus_reader::end(std::string_view space, std::string_view name) {
  const auto depth = open_.size();
  if (depth == 2 && name == "response") {
    item_.good = !any_status_ || any_good_;
    found_(std::move(item_));
  } else if (depth == 3 && name == "href") {
    item_.href = trimmed(text_);
  } else if (depth == 3 && name == "status") {
    item_.status = status_number(text_);
  } else if (depth == 3 && name == "propstat") {
    end_properties();
  } else if (depth == 4 && name == "status") {
    property_status_ = status_number(text_);
    any_status_ = true;
    any_good_ = any_good_ || is_success(property_status_);
  } else if (depth >= 5) {
    end_property(space, name);
  }
  open_.pop_back();
  text_.clear();
}

void multistatus_reader::end_property(std::string_view space, std::string_view name) {
  const auto value = trimmed(text_);
  auto& to = properties_;
  if (name == "getcontentlength") {
    std::int64_t size = -1;
    if (std::from_chars(value.data(), value.data() + value.size(), size).ec == std::errc{}) to.size = size;
  } else if (name == "getlastmodified") {
    to.modified = modified_time(std::string{value});
  } else if (name == "iscollection" && !has_collection_) {
    const auto truth = lower_header(value);
    to.collection = truth == "1" || truth == "true";
  } else if (name == "checksum") {
    add_checksums(to.hashes, value);
  } else if (name == "sha1hex" && space == "ME:") {
    to.hashes.emplace(hash_type::sha1, lower_header(value));
  } else if (name == "permissions") {
    to.permissions = value;
  } else if (name == "quota-available-bytes") {
    to.quota_available = value;
  } else if (name == "quota-used-bytes") {
    to.quota_used = value;
  }
}

// Properties of a propstat that failed are only named, not told.
void multistatus_reader::end_properties() {
  if (property_status_ != 0 && !is_success(property_status_)) return;
  auto& from = properties_;
  item_.collection = item_.collection || from.collection;
  if (from.size >= 0) item_.size = from.size;
  if (from.modified != 0) item_.modified = from.modified;
  item_.hashes.merge(from.hashes);
  for (const auto text : {&item::permissions, &item::quota_available, &item::quota_used})
    if (!(from.*text).empty()) item_.*text = std::move(from.*text);
}

bool multistatus_reader::finish() { return reader_.finish(); }

} // namespace argosy::webdav
