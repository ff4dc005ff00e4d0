#include "backends/s3/documents.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "backends/pacer.hpp"
#include "backends/web/url.hpp"
#include "core/failure.hpp"

namespace argosy::s3 {

namespace {

constexpr std::size_t deepest = 32;

/// Keeps the elements of a document.
class tree_events final : public web::xml_events {
public:
  void begin(std::string_view, std::string_view name) override {
    if (open_.size() == deepest) fail(failure_kind::other, "an answer of the server is nested too deeply");
    auto& to = open_.empty() ? top : open_.back()->children.emplace_back();
    to.name = name;
    open_.push_back(&to);
  }
  void text(std::string_view piece) override {
    if (!open_.empty()) open_.back()->text += piece;
  }
  void end(std::string_view, std::string_view) override {
    if (!open_.empty()) open_.pop_back();
  }
  element top;

private:
  std::vector<element*> open_; // only the last one of each gets siblings, so they stay where they are
};

std::string unescape_query(std::string text) {
  std::replace(text.begin(), text.end(), '+', ' ');
  return web::unescape(text);
}

} // namespace

const element* element::find(std::string_view child) const {
  const auto found =
      std::find_if(children.begin(), children.end(), [&](const element& one) { return one.name == child; });
  return found == children.end() ? nullptr : &*found;
}

const std::string& element::at(std::string_view child) const {
  static const std::string none;
  const auto* found = find(child);
  return found == nullptr ? none : found->text;
}

element parse_document(const std::string& body) {
  tree_events events;
  web::xml_reader reader{events};
  reader.feed(body.data(), body.size());
  if (!reader.finish()) throw transient_failure{"unexpected EOF in an answer of the server"};
  return std::move(events.top);
}

error_document parse_error(const std::string& body) {
  tree_events events;
  web::xml_reader reader{events};
  reader.feed(body.data(), body.size());
  reader.finish();
  const auto& top = events.top;
  if (top.name != "Error") return {};
  return {top.at("Code"), top.at("Message"), top.at("RequestId"), top.at("HostId"), top.at("Region")};
}

void list_reader::begin(std::string_view, std::string_view name) {
  open_.emplace_back(name);
  text_.clear();
  if (open_.size() == 2 && name == "Contents") object_ = {};
}

std::string list_reader::name_text() const { return escaped_ ? unescape_query(text_) : text_; }

void list_reader::end(std::string_view, std::string_view name) {
  const auto depth = open_.size();
  const auto within = [&](std::string_view parent) { return depth == 3 && open_[1] == parent; };
  if (within("Contents")) {
    if (name == "Key") object_.key = name_text();
    if (name == "Size") std::from_chars(text_.data(), text_.data() + text_.size(), object_.size);
    if (name == "LastModified") object_.modified = document_time(text_);
    if (name == "ETag") object_.tag = text_;
    if (name == "StorageClass") object_.storage_class = text_;
  } else if (within("CommonPrefixes")) {
    if (name == "Prefix") page_.prefixes.push_back(name_text());
  } else if (depth == 2) {
    if (name == "Contents") page_.objects.push_back(std::move(object_));
    if (name == "IsTruncated") page_.truncated = text_ == "true";
    if (name == "NextContinuationToken") page_.next = text_;
    if (name == "NextMarker") page_.next = name_text();
  }
  open_.pop_back();
  text_.clear();
}

bool list_reader::finish(list_page& page) {
  const auto whole = reader_.finish();
  page = std::move(page_);
  return whole && reader_.well_formed();
}

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else
      out += c;
  }
  return out;
}

nanoseconds document_time(const std::string& text) {
  try {
    return text.empty() ? 0 : parse_rfc3339(text);
  } catch (const failure&) {
    return 0;
  }
}

} // namespace argosy::s3
