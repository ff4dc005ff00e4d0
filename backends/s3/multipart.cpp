#include "backends/s3/multipart.hpp"

#include <algorithm>
#include <utility>

#include "backends/s3/md5_text.hpp"
#include "backends/s3/object_head.hpp"
#include "core/base64.hpp"
#include "core/failure.hpp"
#include "core/hash.hpp"

namespace argosy::s3 {

namespace {

// To forget an upload must not hold a cancelled job up for long, even where the server is gone.
constexpr std::chrono::milliseconds longest_cleaning{2000}, cleaning_pause{100};
constexpr int cleaning_tries = 5;

std::string bytes_of_hex(const std::string& hex) {
  return from_base64(base64_of_hex(hex), base64_form::standard);
}

std::string bare(std::string_view tag) {
  std::string out;
  for (const char c : tag)
    if (c != '"') out += c;
  return out;
}

} // namespace

std::int64_t part_size(const s3_options& options, std::int64_t size) {
  constexpr std::int64_t mebi = 1 << 20;
  const auto least =
      (std::max<std::int64_t>(size, 0) + options.max_upload_parts - 1) / options.max_upload_parts;
  return std::max(options.chunk_size, (least + mebi - 1) / mebi * mebi);
}

multipart::multipart(const may_block& on, s3_client& by, place at, std::vector<http_header> fields) :
    at_(std::move(at)) {
  const order what{"CreateMultipartUpload", "POST", at_, {{"uploads", ""}}, std::move(fields), {}, {}};
  id_ = parse_document(by.require(on, what).body).at("UploadId");
  if (id_.empty()) fail(failure_kind::retryable, "the server began an upload without a name");
}

order multipart::part(std::size_t number, std::string body) const {
  order what{"UploadPart", "PUT", at_, {{"partNumber", std::to_string(number)}, {"uploadId", id_}},
             {},           {},    {}};
  what.body = std::move(body);
  what.content = true;
  return what;
}

void multipart::took(std::size_t number, const std::string& tag, const std::string& md5) {
  if (tag.empty()) fail(failure_kind::retryable, "the server took a part without giving it a tag");
  std::lock_guard lock{mutex_};
  parts_[number] = {tag, md5};
}

// The hash of the hashes of the parts; empty when they are not known.
std::string multipart::expected_tag() const {
  std::string hashes;
  for (const auto& [number, part] : parts_) {
    if (part.md5.empty()) return {};
    hashes += bytes_of_hex(part.md5);
  }
  hasher md5{hash_type::md5};
  md5.update(hashes.data(), hashes.size());
  return md5.hex(hash_type::md5) + "-" + std::to_string(parts_.size());
}

void multipart::complete(const may_block& on, s3_client& by) {
  order what{"CompleteMultipartUpload",         "POST", at_, {{"uploadId", id_}},
             customer_key_fields(by.options()), {},     {}};
  what.headers.push_back({"Content-Type", "application/xml"});
  what.body = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (const auto& [number, part] : parts_)
    what.body += "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>" + xml_text(part.tag) +
                 "</ETag></Part>";
  what.body += "</CompleteMultipartUpload>";
  const auto& options = by.options();
  const auto expected = options.multipart_etag && options.etag_is_md5 ? expected_tag() : std::string{};

  const auto got = by.send(on, what);
  std::string tag;
  if (got.good()) {
    tag = bare(parse_document(got.body).at("ETag"));
  } else {
    // When an answer was lost and the request sent again, there is no such upload any more.
    if (got.error.code != "NoSuchUpload" || expected.empty()) fail_with(what, got);
    const auto there = by.send(on, {"HeadObject", "HEAD", at_, {}, customer_key_fields(options), {}, {}});
    if (!there.good() || bare(there.head.fields.get("etag")) != expected) fail_with(what, got);
    tag = expected;
  }
  if (expected.empty() || tag.empty() || tag == expected) return;
  by.send(on, {"DeleteObject", "DELETE", at_, {}, {}, {}, {}});
  throw corruption("corrupted on transfer: multipart upload " + at_.key + ": Etag differ: expecting " +
                   expected + " but got " + tag);
}

void multipart::abort(const may_block& on, s3_client& by) noexcept {
  order what{"AbortMultipartUpload", "DELETE", at_, {{"uploadId", id_}}, {}, {}, {}};
  what.longest = longest_cleaning;
  std::string why;
  for (int left = cleaning_tries; left > 0; --left) {
    try {
      const auto got = by.send_once(on, what);
      if (got.good() || got.error.code == "NoSuchUpload") return;
      why = got.error.code;
      break;
    } catch (const std::exception& trouble) {
      why = trouble.what();
    }
    try {
      by.clock().wait(on, cleaning_pause);
    } catch (const std::exception&) {
      break;
    }
  }
  by.log().write(log_level::error, "s3: failed to cancel multipart upload of " + at_.key + ": " + why);
}

} // namespace argosy::s3
