#include "backends/s3/object_head.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <utility>

#include "backends/s3/md5_text.hpp"
#include "core/failure.hpp"
#include "core/header_text.hpp"
#include "core/mime_type.hpp"

namespace argosy::s3 {

namespace {

constexpr nanoseconds second = 1'000'000'000;
constexpr std::string_view user_prefix = "x-amz-meta-";
constexpr const char* mtime_key = "mtime";
constexpr const char* md5_key = "md5chksum";
constexpr std::array standard_fields{"cache-control", "content-disposition", "content-encoding",
                                     "content-language"};

const mime_types& types() {
  static const mime_types all;
  return all;
}

bool is_standard(const std::string& key) {
  return std::find(standard_fields.begin(), standard_fields.end(), key) != standard_fields.end();
}

// As Go's httpguts has it: what is neither cannot be sent.
bool can_be_sent(const std::string& key, const std::string& value) {
  const auto is_token = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
  };
  const auto is_control = [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f; };
  return !key.empty() && std::all_of(key.begin(), key.end(), is_token) &&
         std::none_of(value.begin(), value.end(), is_control);
}

void add_user(std::vector<http_header>& to, const std::string& key, const std::string& value) {
  if (can_be_sent(key, value)) to.push_back({std::string{user_prefix} + key, value});
}

// The library of Amazon leaves this mark of its own way of uploading.
std::string without_aws_chunked(const std::string& encoding) {
  if (lower_header(encoding) == "aws-chunked") return {};
  const auto comma = encoding.find(',');
  if (comma != std::string::npos && lower_header(trim_header(encoding.substr(0, comma))) == "aws-chunked")
    return std::string{trim_header(encoding.substr(comma + 1))};
  return encoding;
}

} // namespace

void append(std::vector<http_header>& to, std::vector<http_header> more) {
  std::move(more.begin(), more.end(), std::back_inserter(to));
}

std::string mtime_text(nanoseconds time) {
  const auto whole = time / second, rest = time % second;
  char text[48];
  std::snprintf(text, sizeof(text), "%s%lld.%09lld", time < 0 ? "-" : "",
                static_cast<long long>(whole < 0 ? -whole : whole),
                static_cast<long long>(rest < 0 ? -rest : rest));
  std::string out = text;
  out.erase(out.find_last_not_of('0') + 1);
  if (out.back() == '.') out.pop_back();
  return out;
}

std::optional<nanoseconds> parse_mtime(const std::string& text) {
  const auto* at = text.data();
  const auto* end = at + text.size();
  const bool negative = at != end && *at == '-';
  if (negative) ++at;
  std::int64_t whole = 0;
  const auto read = std::from_chars(at, end, whole);
  if (read.ec != std::errc{} || whole < 0 || whole > 9'000'000'000) return std::nullopt;
  nanoseconds rest = 0;
  at = read.ptr;
  if (at != end && *at == '.') {
    nanoseconds unit = second;
    for (++at; at != end && *at >= '0' && *at <= '9'; ++at) {
      unit /= 10;
      rest += unit * (*at - '0');
    }
  }
  if (at != end) return std::nullopt;
  const auto time = whole * second + rest;
  return negative ? -time : time;
}

object_head head_of(const web::answer& from, const s3_options& options) {
  object_head out;
  out.size = std::max<std::int64_t>(from.content_length, 0); // some leave it out for 0
  const auto& fields = from.fields;
  if (const auto time = parse_http_date(fields.get("last-modified"))) out.stored = *time * second;
  out.tag = fields.get("etag");
  const auto& encryption = fields.get("x-amz-server-side-encryption");
  const bool tag_is_md5 = options.etag_is_md5 && encryption.compare(0, 7, "aws:kms") != 0 &&
                          !fields.has("x-amz-server-side-encryption-customer-algorithm");
  if (tag_is_md5) out.md5 = md5_of_tag(out.tag);
  out.mime_type = fields.get("content-type");
  out.storage_class = fields.get("x-amz-storage-class");
  for (const auto& [name, value] : fields.all()) {
    auto key = lower_header(name);
    if (key.compare(0, user_prefix.size(), user_prefix) == 0)
      out.user[key.substr(user_prefix.size())] = value;
    else if (is_standard(key))
      out.standard[key] = key == "content-encoding" ? without_aws_chunked(value) : value;
  }
  if (const auto found = out.user.find(md5_key); found != out.user.end())
    if (auto stored = hex_of_base64(found->second); stored.size() == 32) out.md5 = std::move(stored);
  if (const auto found = out.user.find(mtime_key); found != out.user.end())
    out.mtime = parse_mtime(found->second);
  return out;
}

std::string tier_of(const std::string& storage_class) {
  return storage_class.empty() ? "STANDARD" : storage_class;
}

object_info info_of(const object_head& head, const s3_options& options) {
  object_info info;
  info.size = head.size;
  info.modified = options.server_times ? head.stored : head.mtime.value_or(head.stored);
  info.mime_type = head.mime_type;
  info.tier = tier_of(head.storage_class);
  return info;
}

std::vector<http_header> fields_of(const put_request& put, const s3_options& options,
                                   const std::string& md5) {
  std::vector<http_header> out;
  auto mime_type = put.mime_type;
  for (const auto& [name, value] : put.metadata) {
    const auto key = lower_header(name);
    if (!options.no_system_metadata) {
      if (key == "mtime" || key == "tier") continue; // put.modified has it; set by the class
      if (key == "content-type") {
        mime_type = value;
        continue;
      }
      if (is_standard(key) || key == "x-amz-tagging") {
        const auto sent = key == "content-encoding" ? without_aws_chunked(value) : value;
        if (!sent.empty() && can_be_sent(key, sent)) out.push_back({key, sent});
        continue;
      }
    }
    if (key != mtime_key && key != md5_key) add_user(out, key, value);
  }
  if (mime_type.empty()) mime_type = types().of(put.path);
  out.push_back({"Content-Type", mime_type});
  add_user(out, mtime_key, mtime_text(put.modified));
  if (!md5.empty()) add_user(out, md5_key, md5);
  return out;
}

std::vector<http_header> fields_of(const object_head& head) {
  std::vector<http_header> out;
  for (const auto& [key, value] : head.user) add_user(out, key, value);
  for (const auto& [key, value] : head.standard)
    if (!value.empty()) out.push_back({key, value});
  if (!head.mime_type.empty()) out.push_back({"Content-Type", head.mime_type});
  return out;
}

void set_metadata(object_head& of, const std::map<std::string, std::string>& wanted) {
  for (const auto& [name, value] : wanted) {
    const auto key = lower_header(name);
    if (key == "mtime")
      of.user[mtime_key] = mtime_text(parse_rfc3339(value));
    else if (key == "content-type")
      of.mime_type = value;
    else if (is_standard(key))
      of.standard[key] = value;
    else if (key != "tier" && key != md5_key)
      of.user[key] = value;
  }
}

std::vector<http_header> storing_fields(const s3_options& options) {
  std::vector<http_header> out;
  if (!options.acl.empty()) out.push_back({"x-amz-acl", options.acl});
  if (!options.storage_class.empty()) out.push_back({"x-amz-storage-class", options.storage_class});
  if (!options.server_side_encryption.empty())
    out.push_back({"x-amz-server-side-encryption", options.server_side_encryption});
  if (!options.kms_key_id.empty())
    out.push_back({"x-amz-server-side-encryption-aws-kms-key-id", options.kms_key_id});
  append(out, customer_key_fields(options));
  return out;
}

namespace {

std::vector<http_header> key_fields(const s3_options& options, const std::string& prefix) {
  std::vector<http_header> out;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) out.push_back({prefix + name, value});
  };
  add("algorithm", options.customer_algorithm);
  add("key", options.customer_key_base64);
  add("key-md5", options.customer_key_md5);
  return out;
}

} // namespace

std::vector<http_header> customer_key_fields(const s3_options& options) {
  return key_fields(options, "x-amz-server-side-encryption-customer-");
}

std::vector<http_header> source_key_fields(const s3_options& options) {
  return key_fields(options, "x-amz-copy-source-server-side-encryption-customer-");
}

} // namespace argosy::s3
