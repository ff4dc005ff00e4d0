#include "backends/s3/server_copy.hpp"

#include <algorithm>
#include <utility>

#include "backends/s3/multipart.hpp"
#include "backends/web/url.hpp"
#include "core/failure.hpp"

namespace argosy::s3 {

namespace {

// A plus sign means a space to some servers.
std::string source_text(const place& from) {
  std::string out;
  for (const char c : web::escape_path(from.bucket + "/" + from.key))
    out += c == '+' ? std::string{"%2B"} : std::string(1, c);
  return out;
}

std::vector<http_header> target_fields(const s3_options& options, const copy_order& what) {
  auto fields = storing_fields(options);
  if (what.storage_class.empty()) return fields;
  fields.erase(std::remove_if(fields.begin(), fields.end(),
                              [](const http_header& one) { return one.key == "x-amz-storage-class"; }),
               fields.end());
  fields.push_back({"x-amz-storage-class", what.storage_class});
  return fields;
}

void copy_whole(const may_block& on, s3_client& by, const copy_order& what) {
  const auto& options = by.options();
  order one{"CopyObject", "PUT", what.to, {}, target_fields(options, what), {}, {}};
  append(one.headers, source_key_fields(options));
  one.headers.push_back({"x-amz-copy-source", source_text(what.from)});
  one.headers.push_back({"x-amz-metadata-directive", what.head == nullptr ? "COPY" : "REPLACE"});
  if (what.head != nullptr) append(one.headers, fields_of(*what.head));
  by.require(on, one);
}

void copy_parts(const may_block& on, s3_client& by, const copy_order& what, const object_head& source) {
  const auto& options = by.options();
  auto fields = fields_of(what.head == nullptr ? source : *what.head);
  append(fields, target_fields(options, what));
  multipart parts{on, by, what.to, std::move(fields)};
  try {
    const auto size = std::max(part_size(options, what.size), options.copy_cutoff);
    std::size_t number = 0;
    for (std::int64_t at = 0; at < what.size; at += size) {
      on.check();
      auto one = parts.part(++number, {});
      one.operation = "UploadPartCopy";
      one.headers = customer_key_fields(options);
      append(one.headers, source_key_fields(options));
      one.headers.push_back({"x-amz-copy-source", source_text(what.from)});
      one.headers.push_back({"x-amz-copy-source-if-match", source.tag});
      one.headers.push_back(
          {"x-amz-copy-source-range",
           "bytes=" + std::to_string(at) + "-" + std::to_string(std::min(at + size, what.size) - 1)});
      const auto got = by.require(on, one);
      parts.took(number, parse_document(got.body).at("ETag"), {});
    }
    parts.complete(on, by);
  } catch (...) {
    parts.abort(on.for_cleaning(), by);
    throw;
  }
}

} // namespace

void copy_on_server(const may_block& on, s3_client& by, const copy_order& what) {
  if (what.size < by.options().copy_cutoff) return copy_whole(on, by, what);
  const order look{"HeadObject", "HEAD", what.from, {}, customer_key_fields(by.options()), {}, {}};
  const auto source = head_of(by.require(on, look).head, by.options());
  if (source.size != what.size)
    fail(failure_kind::retryable, "the source of a copy changed: it has " + std::to_string(source.size) +
                                      " bytes, not " + std::to_string(what.size));
  copy_parts(on, by, what, source);
}

} // namespace argosy::s3
